// Shows the API's description in a viewer with search, "try it" and code samples, over the plain page. What has an
// anchor on the plain page (problems, rules, objects) is shown there; where the viewer cannot be had, everything is.
(() => {
  'use strict';
  const { viewer, sheet, description } = document.currentScript.dataset;
  const plain = document.getElementById('plain');
  const shown = document.getElementById('viewer');
  const field = document.getElementById('search');
  const found = document.getElementById('found');
  const style = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: sheet });
  const MOST = 12;
  // What the viewer leaves out or gets wrong for those who hear the page or press keys: where, which attribute, and what
  // it should be; nothing where it should not be.
  const MENDED = [
    ['[role=heading]:not([aria-level])', 'aria-level', '2'],
    ['.sl-w-8[role=button]:not([aria-label])', 'aria-label', 'Members'],
    ['button:not([aria-label]):has(> div > svg:only-child)', 'aria-label', 'Copy'],
    ['textarea:not([aria-label])', 'aria-label', 'Body'],
    ['.sl-code-viewer__scroller:not([tabindex])', 'tabindex', '0'],
    ['.sl-markdown-viewer[role=textbox]', 'role'],
    ['.sl-panel__content-wrapper[role=region]', 'role'],
    ['[role=tab][aria-controls]', 'aria-controls'],
    ['button[aria-haspopup][aria-label]', 'aria-label'],
    ['button[aria-haspopup][aria-labelledby]', 'aria-labelledby'],
  ];
  let entries = [];
  let ready;

  const loaded = (element) => new Promise((done, failed) => {
    element.addEventListener('load', done);
    element.addEventListener('error', () => failed(new Error('the viewer could not be loaded')));
    document.head.append(element);
  });

  async function open() {
    const script = Object.assign(document.createElement('script'), { src: viewer });
    const [api] = await Promise.all([fetch(description).then((answer) => answer.json()), loaded(script), loaded(style)]);
    entries = [...operations(api), ...named(api)];
    const element = document.createElement('elements-api');
    // Requests go to where the page came from; the viewer reads a server without a host as none at all.
    const here = { ...api, servers: [{ ...api.servers[0], url: location.origin }] };
    Object.assign(element, { router: 'hash', layout: 'responsive', hideExport: true,
      apiDescriptionDocument: JSON.stringify(here) });
    new MutationObserver(() => mend(element)).observe(element, { subtree: true, childList: true });
    document.getElementById('elements').append(element);
  }

  function mend(element) {
    for (const [where, name, value] of MENDED) {
      for (const one of element.querySelectorAll(where)) {
        if (value) one.setAttribute(name, value); else one.removeAttribute(name);
      }
    }
  }

  function operations(api) {
    return Object.entries(api.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, one]) => ({
      to: `#/operations/${one.operationId}`, name: one.summary, more: `${method.toUpperCase()} ${path}`,
      text: [one.operationId, one.summary, one.description, path, ...Object.keys(one.responses)].join(' '),
    })));
  }

  function named(api) {
    return [
      ...Object.entries(api.components.schemas).map(([name, one]) => ({
        to: `#schema-${name}`, name, more: 'object',
        text: [name, one.description, ...Object.keys(one.properties || {})].join(' '),
      })),
      ...api['x-problems'].map((one) => ({
        to: `#problem-${one.code}`, name: one.code, more: `problem, ${one.status}`,
        text: [one.code, one.title, one.advice, one.status].join(' '),
      })),
      ...api['x-booking-rules'].map((one) => ({
        to: `#rule-${one.code}`, name: one.code, more: 'rule', text: `${one.code} ${one.rule}`,
      })),
    ];
  }

  function search() {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = ({ text }) => words.every((word) => text.toLowerCase().includes(word));
    found.replaceChildren(...(words.length ? entries.filter(fits).slice(0, MOST) : []).map(({ to, name, more }) => {
      const link = Object.assign(document.createElement('a'), { href: to, textContent: `${name} (${more})` });
      const item = document.createElement('li');
      item.append(link);
      return item;
    }));
  }

  function show(isPlain) {
    plain.hidden = !isPlain;
    shown.hidden = isPlain;
    style.disabled = isPlain; // it has rules for all elements of a page
  }

  async function turn() {
    const name = decodeURIComponent(location.hash.slice(1));
    const anchor = name && !name.startsWith('/') && plain.querySelector(`[id="${CSS.escape(name)}"]`);
    if (anchor) {
      show(true);
      return anchor.scrollIntoView();
    }
    try {
      await (ready = ready || open());
      show(false);
    } catch {
      show(true);
    }
  }

  document.getElementById('try').hidden = false;
  document.documentElement.dataset.theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  field.addEventListener('input', search);
  found.addEventListener('click', () => { field.value = ''; found.replaceChildren(); });
  addEventListener('hashchange', turn);
  turn();
})();
