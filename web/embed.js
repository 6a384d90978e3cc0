// Puts the booking page into any website: <script src=".../api/web/embed.js" data-business="..."></script>
(() => {
  'use strict';
  // A tag manager may run the script in a way in which the browser does not tell which element it is of.
  const script = document.currentScript || document.querySelector('script[src*="/web/embed.js"][data-business]');
  const { business, mode = 'inline', service, lang, theme, label, returnUrl, timeZone } = script.dataset;
  const home = new URL(script.src).origin;
  // By language; the server fills them in from the words of the pages.
  const WORDS = /* words */ {};
  const wanted = [lang, document.documentElement.lang, ...navigator.languages].map((one) => (one || '').slice(0, 2));
  const [title, close] = WORDS[wanted.find((one) => WORDS[one]) || 'en'];

  const address = () => {
    const url = new URL(`/api/book/${encodeURIComponent(business)}`, home);
    const query = { step: 'load', service, lang, theme, returnUrl, timeZone, embed: location.origin };
    for (const [name, value] of Object.entries(query)) if (value) url.searchParams.set(name, value);
    return url.href;
  };

  const page = () => {
    const frame = document.createElement('iframe');
    frame.src = address();
    frame.title = label || title;
    Object.assign(frame.style, { display: 'block', width: '100%', border: '0', minHeight: '20rem' });
    return frame;
  };

  // Only the page in this frame, from where this script came, is listened to.
  const listen = (frame, hear) => {
    let heard = false;
    addEventListener('message', (event) => {
      if (event.origin !== home || event.source !== frame.contentWindow) return;
      heard = true;
      const said = event.data;
      if (said && typeof said.bookingPage === 'string' && Number.isFinite(said.height)) hear(said);
    });
    // A page that may be framed speaks at once; what keeps it silent is nearly always the one setting.
    frame.addEventListener('load', () => setTimeout(() => { if (!heard && frame.isConnected) explain(); }, 1500));
  };

  const explain = () => console.error(`embed.js: the booking page does not answer. ${home} lets a website frame it that is `
    + `listed in the setting FRAME_ANCESTORS; this one is ${location.origin}.`);

  // Where the script stands; nothing in the head of a page is seen, so from there it goes to the end of the body.
  const place = (element) => {
    if (script.isConnected && !script.closest('head')) script.after(element);
    else document.body.append(element);
  };

  const inline = () => {
    const frame = page();
    listen(frame, ({ bookingPage, height }) => {
      frame.style.height = `${Math.min(Math.max(height, 100), 10000)}px`;
      if (bookingPage === 'moved' && frame.getBoundingClientRect().top < 0) frame.scrollIntoView({ block: 'start' });
    });
    place(frame);
  };

  const popup = () => {
    const opener = document.createElement('button');
    opener.type = 'button';
    opener.className = 'bookings-open';
    opener.textContent = label || title;
    place(opener);
    opener.addEventListener('click', () => open(opener));
  };

  // A modal <dialog> makes the rest of the page inert, so focus stays inside; Escape closes it.
  const open = (opener) => {
    const dialog = document.createElement('dialog');
    const shut = document.createElement('button');
    const frame = page();
    dialog.className = 'bookings-dialog';
    dialog.setAttribute('aria-label', frame.title);
    Object.assign(dialog.style, {
      width: 'min(36rem, 100vw)', maxWidth: '100vw', height: 'min(48rem, 100dvh)', maxHeight: '100dvh',
      padding: '0', border: '0', borderRadius: '.75rem', overflow: 'hidden', flexDirection: 'column', display: 'flex',
    });
    shut.type = 'button';
    shut.textContent = close;
    Object.assign(shut.style, {
      alignSelf: 'flex-end', flex: 'none', minHeight: '2.75rem', padding: '0 1rem', border: '0',
      background: 'none', color: 'inherit', font: '1rem system-ui, sans-serif', cursor: 'pointer',
    });
    Object.assign(frame.style, { flex: '1', minHeight: '0' });
    shut.addEventListener('click', () => dialog.close());
    listen(frame, ({ bookingPage }) => { if (bookingPage === 'escape') dialog.close(); });
    dialog.addEventListener('close', () => { dialog.remove(); opener.focus(); });
    dialog.append(shut, frame);
    document.body.append(dialog);
    dialog.showModal();
  };

  if (!business) return console.error('embed.js: data-business is missing');
  const show = mode === 'popup' ? popup : inline;
  if (document.body) show(); else addEventListener('DOMContentLoaded', show);
})();
