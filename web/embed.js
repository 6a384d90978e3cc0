// Puts the booking page into any website: docs/website.md tells how. The page's own half of the talk is host.js.
(() => {
  'use strict';
  const TAG = 'booking-page';
  // A tag manager may run the script in a way in which the browser does not tell which element it is of.
  const current = document.currentScript;
  const scripts = () => (current ? [current]
    : document.querySelectorAll('script[src*="/web/embed.js"]:not([type="text/plain"])'));

  // Every script of a page runs; the first one did all of this, and places the others too.
  const known = customElements.get(TAG);
  if (known) return known.place(scripts());

  const home = new URL((scripts()[0] || {}).src || location.href).origin;
  const live = new Set();
  const placed = new WeakSet();
  // By language; the server fills them in from the words of the pages.
  const WORDS = /* words */ {};

  // Each after the website's own sheets and as weak as one class: `button.bookings-open` changes it. No policy
  // for styles forbids a sheet that a script makes.
  const STYLE = `
    :where(booking-page:not([hidden])) { display: block; }
    :where(booking-page[data-mode="popup"]:not([hidden])) { display: inline-block; }
    :where(booking-page[data-mode="floating"]:not([hidden])) {
      position: fixed; inset-block-end: 1.25rem; inset-inline-end: 1.25rem; z-index: 2147483000;
    }
    booking-page[data-mode="dialog"] { display: none; }
    .bookings-open {
      display: inline-flex; align-items: center; min-height: 2.75rem; padding: .5rem 1.25rem; border: 1px solid transparent;
      border-radius: .5rem; background: var(--bookings-color, #0b57b7); color: var(--bookings-ink, #fff);
      font: 600 1rem/1.5 system-ui, sans-serif; text-decoration: none; cursor: pointer;
    }
    .bookings-open:hover { filter: brightness(1.1); }
    .bookings-open:focus-visible, .bookings-close:focus-visible { outline: 3px solid; outline-offset: 2px; }
    [data-mode="floating"] > .bookings-open { border-radius: 2rem; box-shadow: 0 .25rem 1rem rgb(0 0 0 / .3); }
    .bookings-dialog[open] {
      display: flex; flex-direction: column; width: min(64rem, 100%); max-width: 100%; height: min(52rem, 100dvh);
      max-height: 100dvh; margin: auto; padding: 0; border: 0; border-radius: .75rem; overflow: hidden;
      overscroll-behavior: contain;
      background: var(--bookings-paper); color: var(--bookings-words); box-shadow: 0 1rem 4rem rgb(0 0 0 / .4);
    }
    @media (min-width: 40rem) { .bookings-dialog[open] { width: min(64rem, 100% - 3rem); } }
    .bookings-dialog::backdrop { background: rgb(0 0 0 / .6); }
    .bookings-dialog iframe { flex: 1; min-height: 0; width: 100%; border: 0; }
    .bookings-close {
      align-self: flex-end; flex: none; min-width: 2.75rem; min-height: 2.75rem; padding: 0; border: 0; margin: .25rem;
      background: none; color: inherit; font: 1.5rem/1 system-ui, sans-serif; cursor: pointer; outline-offset: -3px;
    }`;

  const make = (name, properties, style = {}) => {
    const element = Object.assign(document.createElement(name), properties);
    Object.assign(element.style, style);
    return element;
  };

  const pick = (one) => [...[one.language, ...navigator.languages].map((tag) => (tag || '').slice(0, 2).toLowerCase()), 'en']
    .find((tag) => WORDS[tag]);

  // Of the website's own query only what campaigns add and what data-pass names goes along, and no e-mail address.
  const NEVER = ['name', 'email', 'step', 'start', 'reference', 'token', 'embed', 'returnUrl'];
  const handedOn = (pass = '') => [...new URLSearchParams(location.search)]
    .filter(([name, text]) => name.startsWith('utm_') || pass.split(/[\s,]+/).includes(name) && !NEVER.includes(name) && text)
    .filter(([name, text]) => name.length <= 64 && text.length <= 200 && !text.includes('@'))
    .slice(0, 20);

  // A colour in whatever way it is written, as red, green, blue and alpha; and how light it is (WCAG), from 0 to 1.
  const canvas = make('canvas', { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true });
  const parts = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (rgb) => rgb.slice(0, 3).map((x) => (x <= 10 ? x / 3294 : ((x / 255 + 0.055) / 1.055) ** 2.4))
    .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);

  // The ground that a visitor sees around the element; where none is painted it is white.
  const isOnDark = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const rgb = parts(getComputedStyle(one).backgroundColor);
      if (rgb[3] > 127) return light(rgb) < 0.179;
    }
    return false;
  };
  const darkSystem = matchMedia('(prefers-color-scheme: dark)');
  const themeAround = (element) => {
    const named = element.closest('[data-theme="light"], [data-theme="dark"]');
    if (named) return named.dataset.theme;
    const meta = document.querySelector('meta[name="color-scheme"]');
    let scheme = getComputedStyle(element).colorScheme;
    if (scheme === 'normal') scheme = meta ? meta.content : '';
    const [may, must] = [/\blight\b/.test(scheme), /\bdark\b/.test(scheme)];
    const dark = may && must ? darkSystem.matches : may || must ? must : isOnDark(element);
    return dark ? 'dark' : 'light';
  };

  const cannot = (text) => console.error(`embed.js: ${text}`);

  class BookingPage extends HTMLElement {
    static observedAttributes = ['business', 'mode', 'service', 'staff', 'lang', 'return-url', 'time-zone', 'label', 'name',
      'email', 'color', 'theme'].map((name) => `data-${name}`);

    // Scripts are placed once each: where they stand, or where data-target says, again whenever that comes anew.
    static place(found) { for (const script of found) place(script); }

    get language() { return this.dataset.lang || (this.closest('[lang]') || {}).lang; }
    get heading() { return this.dataset.label || WORDS[pick(this)][0]; }

    connectedCallback() {
      live.add(this);
      this.home ||= home;
      this.show();
    }

    disconnectedCallback() {
      live.delete(this);
      this.clear();
    }

    connectedMoveCallback() { /* The frame stays as it is where the element is only moved. */ }

    attributeChangedCallback(name) {
      if (!live.has(this)) return;
      if (['data-name', 'data-email', 'data-theme'].includes(name)) return this.greet();
      if (!this.changed) queueMicrotask(() => { this.changed = false; if (this.isConnected) this.show(); });
      this.changed = true;
    }

    clear() {
      if (this.dialog) this.dialog.remove();
      this.dialog = this.frame = this.comeBack = null;
      this.replaceChildren();
    }

    show() {
      this.clear();
      const { business, mode = 'inline' } = this.dataset;
      if (!business) return cannot('data-business is missing');
      if (mode === 'inline') this.append(this.page({ display: 'block', width: '100%', border: '0', minHeight: '20rem' }));
      if (mode === 'popup' || mode === 'floating') this.append(this.button());
      this.paint();
    }

    address() {
      const { business, service, staff, color, returnUrl, timeZone, pass } = this.dataset;
      const url = new URL(`/api/book/${encodeURIComponent(business)}`, this.home);
      for (const [name, text] of handedOn(pass)) url.searchParams.set(name, text);
      const looks = { lang: this.language, theme: themeAround(this), color: isColour(color) ? color : '' };
      const query = { step: 'load', service, staff, ...looks, returnUrl, timeZone, embed: location.origin };
      for (const [name, text] of Object.entries(query)) if (text) url.searchParams.set(name, text);
      return url.href;
    }

    page(style) {
      const frame = make('iframe', { src: this.address(), title: this.heading }, style);
      this.frame = frame;
      this.heard = this.done = false;
      this.spoken = this.language;
      // A page that may be framed speaks at once; what keeps it silent is nearly always the one setting. One that
      // was slow, on a busy telephone say, comes back when it speaks after all.
      const silent = () => { if (!this.heard && this.frame === frame && frame.isConnected) this.explain(); };
      frame.addEventListener('load', () => setTimeout(silent, 5000), { once: true });
      return frame;
    }

    explain() {
      cannot(this.refused ? `the Content-Security-Policy of this website refuses the booking page; it needs: frame-src ${this.home}`
        : `the booking page does not answer. ${this.home} lets a website frame it that is listed in the setting `
          + `FRAME_ANCESTORS; this one is ${location.origin}.`);
      // Visitors can book all the same.
      const url = new URL(this.frame.src);
      url.searchParams.delete('embed');
      const { frame } = this, { display } = frame.style;
      const link = make('a', {
        className: 'bookings-open', href: url.href, target: '_blank', rel: 'noopener', textContent: this.heading,
      });
      frame.style.display = 'none';
      frame.after(link);
      this.comeBack = () => { link.remove(); frame.style.display = display; this.comeBack = null; };
    }

    button() {
      const button = make('button', { type: 'button', className: 'bookings-open', textContent: this.heading });
      button.addEventListener('click', () => this.open());
      return button;
    }

    // A modal <dialog> makes the rest of the page inert, so focus stays inside; closing gives it back to where it was.
    open() {
      if (!this.isConnected) document.body.append(this);
      if (this.dialog && this.dialog.open) return;
      this.dialog ||= this.makeDialog();
      this.paint();
      this.dialog.showModal();
    }

    close() { if (this.dialog) this.dialog.close(); }

    destroy() {
      if (this.forget) this.forget();
      this.remove();
    }

    makeDialog() {
      const dialog = make('dialog', { className: 'bookings-dialog', ariaLabel: this.heading });
      const close = WORDS[pick(this)][1];
      const shut = make('button', { type: 'button', className: 'bookings-close', textContent: '×', ariaLabel: close, title: close });
      shut.addEventListener('click', () => dialog.close());
      dialog.addEventListener('click', ({ target, clientX, clientY }) => {
        const { left, right, top, bottom } = dialog.getBoundingClientRect();
        const beside = clientX < left || clientX > right || clientY < top || clientY > bottom;
        if (target === dialog && beside) dialog.close();
      });
      // What was typed is there again the next time, but nobody needs to see a booking again that is made.
      dialog.addEventListener('close', () => { if (this.done) { dialog.remove(); this.dialog = null; } });
      dialog.append(shut, this.page());
      document.body.append(dialog);
      return dialog;
    }

    // The colours of the button and the dialog; the page has its own, made by the server.
    paint() {
      const { color = '' } = this.dataset;
      this.theme = themeAround(this);
      const dark = this.theme === 'dark';
      // The ground shows through a frame of the same scheme.
      if (this.frame) this.frame.style.colorScheme = this.theme;
      const colours = { paper: dark ? '#14171b' : '#fff', words: dark ? '#eef1f4' : '#1b1f24' };
      if (isColour(color)) Object.assign(colours, { color, ink: light(parts(color)) > 0.179 ? '#000' : '#fff' });
      for (const one of [this, this.dialog]) {
        if (one) for (const [name, value] of Object.entries(colours)) one.style.setProperty(`--bookings-${name}`, value);
      }
    }

    // The website has another language: so has the page, unless an attribute names one.
    speak() {
      this.spoken = this.language;
      const { heading } = this, button = this.querySelector(':scope > button');
      if (this.frame) this.frame.title = heading;
      if (button) button.textContent = heading;
      this.say('speak', { lang: this.spoken });
    }

    // Names and addresses of people go to the page this way alone: no address of a request has them.
    greet() {
      this.paint();
      if (!this.heard) return;
      const { name = '', email = '' } = this.dataset;
      this.say('hello', { theme: this.theme, name, email });
    }

    say(bookingHost, more) {
      const page = this.frame && this.frame.contentWindow;
      if (page) page.postMessage({ bookingHost, ...more }, this.home);
    }

    tell(name, detail) {
      this.dispatchEvent(new CustomEvent(`bookings:${name}`, { bubbles: true, composed: true, detail }));
    }

    hear({ bookingPage: what, height, top, reference, service }) {
      const { business, mode = 'inline' } = this.dataset;
      const inline = mode === 'inline';
      if (Number.isFinite(height) && inline) this.frame.style.height = `${Math.min(Math.max(height, 100), 10000)}px`;
      if (what === 'ready') {
        this.heard = true;
        if (this.comeBack) this.comeBack();
        this.greet();
        this.tell(what, { business });
      }
      if (what === 'height') this.tell(what, { business, height });
      if (what === 'moved' && inline && Number.isFinite(top)) this.follow(top);
      if (what === 'escape') this.close();
      if (!['booked', 'rescheduled', 'cancelled'].includes(what)) return;
      // The page of a booking may be loaded again, in another language for example: it was booked once.
      const again = what === 'booked' && this.last === reference;
      if (what === 'booked') { this.last = reference; this.done = true; }
      if (!again) this.tell(what, { business, service: String(service), reference: String(reference) });
      this.say('heard');
    }

    // Only after something that the visitor did in the frame: the step that it led to comes into view.
    follow(top) {
      const at = this.frame.getBoundingClientRect().top + top;
      if (at >= 0 && at < innerHeight / 2) return;
      this.frame.style.scrollMarginTop = `${16 - top}px`;
      this.frame.scrollIntoView({ block: 'start' });
    }
  }

  const isColour = (text) => /^#([\da-f]{3}|[\da-f]{6})$/i.test(text);

  const made = (options, from) => {
    const element = document.createElement(TAG);
    element.home = from;
    for (const [name, value] of Object.entries(options)) if (value != null) element.dataset[name] = value;
    return element;
  };

  const whenRead = (then) => { if (document.readyState === 'loading') addEventListener('DOMContentLoaded', then); else then(); };

  // A place that comes and goes, as frameworks make them, gets the page each time that it comes.
  const keep = (target, create) => {
    const look = () => {
      const at = document.querySelector(target);
      if (at && !at.querySelector(TAG)) at.append(Object.assign(create(), { forget: () => observer.disconnect() }));
    };
    const observer = new MutationObserver(look);
    try { look(); } catch { return cannot(`data-target is no selector: ${target}`); }
    observer.observe(document.documentElement, { childList: true, subtree: true });
  };

  const place = (script) => {
    const options = { ...script.dataset };
    if (placed.has(script)) return;
    placed.add(script);
    if (!options.business) return Object.keys(options).length ? cannot('data-business is missing') : undefined;
    const { target } = options;
    delete options.target;
    const create = () => made(options, new URL(script.src).origin);
    if (target) return keep(target, create);
    // Nothing in the head of a page is seen, so from there it goes to the end of the body, once that has been read.
    if (!script.isConnected || script.closest('head')) return whenRead(() => document.body.append(create()));
    const next = script.nextElementSibling;
    if (!next || next.localName !== TAG) script.after(create());
  };

  // What the first script says goes for all that is opened by hand, unless they say something else.
  const { mode: _, target: __, ...usual } = { ...(scripts()[0] || {}).dataset };
  const chosen = (options) => ({ ...usual, ...(typeof options === 'string' ? { business: options } : options) });

  const Bookings = {
    // One at a time; the same once more is the one that was there, with what was typed.
    open(given) {
      const options = chosen(given);
      const key = JSON.stringify(options);
      let element = [...live].find((one) => one.key === key);
      for (const one of [...live]) if (one !== element && one.key) one.destroy(); else one.close();
      element ||= Object.assign(made({ ...options, mode: 'dialog' }, home), { key });
      element.open();
      return element;
    },
    mount(target, options) {
      const at = typeof target === 'string' ? document.querySelector(target) : target;
      const element = made(chosen(options), home);
      at.append(element);
      return element;
    },
    close() { for (const one of live) one.close(); },
    destroy() { for (const one of [...live]) one.destroy(); },
  };

  // Only the page in an element's own frame, from where its script came, is listened to.
  addEventListener('message', (event) => {
    const said = event.data;
    if (!said || typeof said.bookingPage !== 'string') return;
    for (const one of live) {
      if (one.frame && event.source === one.frame.contentWindow && event.origin === one.home) one.hear(said);
    }
  });
  addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
    for (const one of live) if (/^(frame|child)-src$/.test(effectiveDirective) && blockedURI.startsWith(one.home)) one.refused = true;
  });

  // The website's theme and language may change while the page is there.
  const repaint = () => {
    for (const one of live) {
      if (one.theme !== themeAround(one)) one.greet();
      if (one.frame && one.spoken !== one.language) one.speak();
    }
  };
  const watch = (one) => new MutationObserver(repaint).observe(one, { attributeFilter: ['class', 'style', 'data-theme', 'lang'] });
  darkSystem.addEventListener('change', repaint);
  watch(document.documentElement);
  whenRead(() => watch(document.body));

  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  } catch { /* An old browser shows plain buttons and dialogs. */ }
  customElements.define(TAG, BookingPage);
  if (!Object.hasOwn(window, 'Bookings')) window.Bookings = Bookings;
  BookingPage.place(scripts());
})();
