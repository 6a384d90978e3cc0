// The booking page with JavaScript: the same pages and forms, loaded without leaving the page.
(() => {
  'use strict';
  const root = document.documentElement;
  const status = document.getElementById('status');
  let main = document.getElementById('main');
  let latest = 0;
  let polling = 0;
  const place = () => location.pathname + location.search;
  let here = place();

  const say = (text) => { status.textContent = text || ''; };
  const zone = () => {
    try { return Intl.DateTimeFormat().resolvedOptions().timeZone || ''; } catch { return ''; }
  };

  // The visitor's own zone goes along wherever nobody has chosen another one.
  const zoned = (address) => {
    const url = new URL(address, location.href);
    if (!url.searchParams.has('timeZone') && zone()) url.searchParams.set('timeZone', zone());
    return url;
  };

  // What was typed comes back when the form does, as after another choice of time.
  const typed = new Map();
  const remember = () => {
    for (const field of main.querySelectorAll('form[data-book] :is(input:not([type=hidden]), textarea)')) {
      if (field.name === 'start' || field.name === 'website') continue;
      if (field.type === 'radio' || field.type === 'checkbox') typed.set(field.name + '\n' + field.value, field.checked);
      else typed.set(field.name, field.value);
    }
  };
  const recall = () => {
    for (const field of main.querySelectorAll('form[data-book] :is(input:not([type=hidden]), textarea)')) {
      const ticked = typed.get(field.name + '\n' + field.value);
      if (ticked !== undefined) field.checked = ticked;
      else if (typed.has(field.name) && !field.value) field.value = typed.get(field.name);
    }
  };

  const read = (html) => new DOMParser().parseFromString(html, 'text/html');

  // Colour and what search engines are told, as the new page has them.
  const dress = (page) => {
    for (const selector of ['link[rel=stylesheet]', 'link[rel=icon]', 'meta[name=robots]']) {
      const now = document.querySelector(selector), then = page.querySelector(selector);
      if (now && then && now.outerHTML === then.outerHTML) continue;
      if (then) document.head.append(document.adoptNode(then));
      if (now && then && now.rel === 'stylesheet') then.onload = () => now.remove();
      else if (now && (then || now.name)) now.remove();
    }
  };

  // A step begins at its top, unless what it is about lies too far down to be seen from there.
  const stand = (target) => {
    const top = (one) => one.getBoundingClientRect().top + scrollY;
    scrollTo(0, top(target) < innerHeight * 0.55 ? 0 : top(target.closest('.when') || target) - 8);
  };

  const show = (page, focusOn) => {
    const fresh = page.getElementById('main');
    if (!fresh) throw new Error('not a page');
    remember();
    for (const name of ['lang', 'dir']) document.documentElement[name] = page.documentElement[name];
    Object.assign(status.dataset, (page.getElementById('status') || {}).dataset);
    for (const selector of ['.skip', 'header', 'footer']) {
      const now = document.querySelector(selector), then = page.querySelector(selector);
      if (now && then) now.replaceWith(document.adoptNode(then));
    }
    for (const one of fresh.querySelectorAll('[autofocus]')) one.removeAttribute('autofocus');
    dress(page);
    main.replaceWith(document.adoptNode(fresh));
    main = fresh;
    document.title = page.title;
    recall();
    ready();
    arrive((focusOn && document.getElementById(focusOn)) || main.querySelector('[data-focus]'), focusOn);
  };

  // In a frame of another website the focus stays where it is, unless it is in the frame already; the website scrolls.
  const framed = window.parent !== window;
  const arrive = (target, stay) => {
    const moves = target && (!framed || document.hasFocus());
    if (moves) target.focus({ preventScroll: true });
    if (moves && !stay && !framed) stand(target);
    document.dispatchEvent(new CustomEvent('booking:shown', { detail: moves && !stay ? target : null }));
  };

  // What somebody else fills in, such as the website around the page, is as if it was typed; what was typed stays.
  document.addEventListener('booking:typed', ({ detail }) => {
    for (const [name, text] of Object.entries(detail)) if (text && !typed.has(name)) typed.set(name, text);
    recall();
  });

  // A form by POST changes nothing about the address: what it brings belongs in none.
  const visit = async (url, { push = true, focusOn, body, by } = {}) => {
    const mine = ++latest;
    clearTimeout(polling);
    main.setAttribute('aria-busy', 'true');
    for (const one of main.querySelectorAll('.pressed')) one.classList.remove('pressed');
    if (by) by.classList.add('pressed');
    say(status.dataset.loading);
    try {
      const answer = await fetch(url, { method: body ? 'POST' : 'GET', body, headers: { Accept: 'text/html' } });
      const page = read(await answer.text());
      await wait(0); // a slow telephone takes a breath between reading a page and showing it
      if (mine !== latest) return;
      show(page, focusOn);
      if (!body) history[push ? 'pushState' : 'replaceState'](null, '', answer.url);
      here = place();
      say('');
    } catch {
      if (mine === latest) { say(status.dataset.failed); ask(); }
    } finally {
      main.removeAttribute('aria-busy');
      if (by) by.classList.remove('pressed');
    }
  };

  const wait = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

  // No answer, or one that is no page, says nothing about the booking: the host answers so when it lost the call, which may
  // have booked before. The very same form again never books twice, and in the end gets the first one's answer.
  const send = async (form, redirect) => {
    const data = new FormData(form);
    const body = form.enctype === 'multipart/form-data' ? data : new URLSearchParams(data);
    for (let pause = 1, waited = 0, lost = false; ; pause = Math.min(2 * pause, 8)) {
      const got = await fetch(form.action, { method: 'POST', body, redirect, headers: { Accept: 'text/html' } })
        .then(async (answer) => ({ answer, page: read(await answer.text()) }), () => null).catch(() => null);
      const moved = got && got.answer.type === 'opaqueredirect';
      const known = moved || (got && got.page.getElementById('main'));
      const later = known && !moved && got.answer.status === 409 && +got.answer.headers.get('Retry-After');
      if (known && !(lost && later)) return got;
      if (waited >= 90) { if (known) return got; throw new Error('no answer'); }
      lost = true;
      say(status.dataset.unknown);
      const seconds = Math.min(later || pause, 30);
      await wait(seconds);
      waited += seconds;
    }
  };

  // The form in another language: what was typed goes in the body, the language alone stays in the address.
  const speak = async (form, button) => {
    await visit(button.formAction, { body: new URLSearchParams(new FormData(form, button)) });
    const url = new URL(location.href);
    url.searchParams.set('lang', document.documentElement.lang);
    history.replaceState(null, '', url);
    here = place();
  };

  // Where a form leads, by GET or by POST, without leaving the page.
  const swap = (form, by, how) => {
    if (form.method !== 'post') return visit(target(form, by), { ...how, by });
    if (main.getAttribute('aria-busy')) return; // one click or two: one change
    return visit(form.action, { ...how, by, body: new URLSearchParams(new FormData(form, by)) });
  };

  const target = (form, submitter) => {
    const url = new URL(form.action);
    const data = new FormData(form, submitter);
    for (const [name, value] of data) if (value) url.searchParams.set(name, value);
    return zoned(url);
  };

  // What a button stands for where no challenge was solved; a script that can solve one needs none.
  const PERMISSION = 'permission.';
  const solved = (form) => form.elements.humanCheck.value && !form.elements.humanCheck.value.startsWith(PERMISSION);

  const askToPress = () => {
    for (const one of main.querySelectorAll('.plain-only')) one.hidden = false;
    say('');
  };

  // By itself a page sends only what it has solved; whoever presses its button may send the permission.
  const book = async (form, byItself = false) => {
    const button = form.querySelector('button.main');
    if (form.getAttribute('aria-busy')) return; // one click or two: one booking
    form.setAttribute('aria-busy', 'true');
    button.setAttribute('aria-disabled', 'true');
    say(status.dataset.loading);
    try {
      const proved = await prove(form).then(() => true, () => false);
      if (byItself && !solved(form)) return askToPress();
      if (!proved && !form.elements.humanCheck.value) return void say(status.dataset.failed);
      // A way to another website is the browser's to go. The form is sent once more for it, and gets the same answer.
      const returns = form.hasAttribute('data-returns');
      const { answer, page } = await send(form, returns ? 'manual' : 'follow');
      if (framed) form.target = '_top';
      if (answer.type === 'opaqueredirect') return void form.submit();
      show(page);
      // Nobody wants to go back to a page that sent itself.
      const keep = form.dataset.auto ? 'replaceState' : 'pushState';
      if (answer.redirected) { typed.clear(); history[keep](null, '', answer.url); here = place(); }
      say('');
    } catch {
      say(status.dataset.unanswered);
    } finally {
      form.removeAttribute('aria-busy');
      button.removeAttribute('aria-disabled');
    }
  };

  // A start without an offset, as forms of others have it, is read in the form's zone.
  const challengeFor = async (form, place, start) => {
    const url = new URL(place.dataset.challenge, location.href);
    const { serviceId, timeZone } = form.elements;
    const slot = { serviceId: serviceId.value, start, timeZone: timeZone && timeZone.value };
    for (const [name, value] of Object.entries(slot)) if (value) url.searchParams.set(name, value);
    return (await fetch(url, { headers: { Accept: 'application/json' } })).json();
  };

  // The human check, where the deployment has one: its answer goes into the field humanCheck.
  const prove = async (form) => {
    const place = form.querySelector('[data-challenge]');
    const start = form.querySelector('input[name=start]:checked, input[name=start][type=hidden]');
    if (!place || !start || solved(form)) return;
    const challenge = await challengeFor(form, place, start.value);
    if (challenge.kind !== 'altcha') return;
    say(status.dataset.checking);
    form.elements.humanCheck.value = await solve(challenge);
  };

  const bytes = (hex) => Uint8Array.from(hex.match(/../g) || [], (pair) => parseInt(pair, 16));
  const hexOf = (buffer) => Array.from(new Uint8Array(buffer), (one) => one.toString(16).padStart(2, '0')).join('');

  // ALTCHA's proof of work, version 2: the counter whose derived key begins as the challenge says.
  const solve = async ({ parameters, signature }) => {
    const { algorithm, cost, keyLength, keyPrefix, nonce, salt } = parameters;
    const kdf = { name: 'PBKDF2', hash: algorithm.split('/')[1], salt: bytes(salt), iterations: cost };
    const password = new Uint8Array([...bytes(nonce), 0, 0, 0, 0]);
    for (let counter = 0; counter < 1e6; counter++) {
      new DataView(password.buffer).setUint32(password.length - 4, counter);
      const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
      const derivedKey = hexOf(await crypto.subtle.deriveBits(kdf, key, keyLength * 8));
      if (derivedKey.startsWith(keyPrefix)) {
        return btoa(JSON.stringify({ challenge: { parameters, signature }, solution: { counter, derivedKey } }));
      }
    }
    return '';
  };

  const widget = async () => {
    const place = main.querySelector('[data-challenge]');
    const form = place && place.closest('form');
    if (!form || !window.turnstile) return;
    const start = form.elements.start.value || new Date(Date.now() + 864e5).toISOString();
    const challenge = await challengeFor(form, place, start);
    if (challenge.kind !== 'turnstile') return;
    window.turnstile.render(place, {
      sitekey: challenge.siteKey,
      callback: (token) => {
        form.elements.humanCheck.value = token;
        if (form.dataset.auto) book(form, true);
      },
      'expired-callback': () => { form.elements.humanCheck.value = ''; },
      'response-field': false,
    });
  };

  // A booking that is not known yet is asked for until it is, whatever the single answers are.
  const ask = () => {
    const poll = main.querySelector('[data-poll]');
    const again = () => poll.method === 'post' ? swap(poll, null, { focusOn: 'step' })
      : visit(location.href, { push: false, focusOn: 'step' });
    if (poll) polling = setTimeout(again, poll.dataset.poll * 1000);
  };

  const ready = () => {
    for (const one of main.querySelectorAll('.update, .plain-only')) one.hidden = true;
    ask();
    widget().catch(() => say(status.dataset.failed));
    const auto = main.querySelector('form[data-auto=altcha]');
    if (auto) book(auto, true);
  };

  // A link may say who books behind its #, which no server is sent; it leaves the address bar at once.
  const prefill = () => {
    const said = new URLSearchParams(location.hash.slice(1));
    for (const [name, most] of [['name', 100], ['email', 254]]) {
      const text = (said.get(name) || '').replace(/[\p{Cc}\p{Cf}]/gu, '').slice(0, most);
      if (text) { typed.set(`customer.${name}`, text); history.replaceState(null, '', place()); recall(); }
    }
  };

  // The link of a booking has its code behind the #, which leaves the address bar before anything is done with it.
  const open = () => {
    const found = location.hash.match(/^#(BK-\w{8})\.([\w-]+)/);
    if (!found || !location.pathname.startsWith('/api/manage/')) return;
    history.replaceState(null, '', place());
    const given = Object.fromEntries(new URLSearchParams(location.search));
    visit(location.pathname, { body: new URLSearchParams({ ...given, reference: found[1], token: found[2] }) });
  };

  document.addEventListener('submit', (event) => {
    const form = event.target, button = event.submitter;
    if (button && button.hasAttribute('formaction')) { event.preventDefault(); return speak(form, button); }
    if (form.hasAttribute('data-swap')) { event.preventDefault(); swap(form, event.submitter); }
    if (form.hasAttribute('data-book')) { event.preventDefault(); book(form); }
  });
  document.addEventListener('change', (event) => {
    const field = event.target;
    if ((field.tagName === 'SELECT' || field.name === 'zone') && field.form.hasAttribute('data-swap')) {
      swap(field.form, null, { push: false, focusOn: field.name === 'zone' ? 'timeZone' : field.id });
    }
  });
  // What can be searched for is listed once somebody wants to search.
  document.addEventListener('focusin', ({ target }) => {
    if (target.id !== 'zone' || target.list.options.length) return;
    for (const one of main.querySelector('#timeZone').options) target.list.append(new Option('', one.text));
  });
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-swap]');
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    visit(zoned(link.href), { by: link });
  });
  // A link to a field within the page is no step back.
  addEventListener('popstate', () => { if (place() !== here) visit(location.href, { push: false }); });
  addEventListener('load', () => widget().catch(() => {}));

  ready();
  prefill();
  open();
  addEventListener('hashchange', () => { prefill(); open(); });
  if (main.dataset.load) visit(zoned(main.dataset.load), { push: false });
  else arrive(main.querySelector('.errors'), true);
})();
