// The page inside of another website: what it tells its host, and what it takes from it. The host's half is embed.js.
(() => {
  'use strict';
  const root = document.documentElement;
  const host = root.dataset.embed;
  const main = () => document.getElementById('main');

  const framed = window.parent !== window;

  // A return address is the website's own page, so it takes the place of the website, never of the frame in it. The website
  // hears of the booking before it goes; where nobody says that it has, one second is enough.
  let leave = () => {};
  const prepareToLeave = () => {
    for (const form of document.querySelectorAll('form')) if (form.elements.returnUrl) form.target = '_top';
    const way = main().querySelector('a[data-leave]');
    if (!way) return;
    leave = () => { leave = () => {}; way.click(); };
    if (framed) setTimeout(() => leave(), 1000); else leave();
  };

  const tell = (bookingPage, more) => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (framed) window.parent.postMessage({ bookingPage, height, ...more }, host);
  };

  // What has just become of a booking: its reference and its service, and nothing about whose it is.
  const news = () => {
    const found = main().querySelector('template[data-event]');
    if (found) tell(found.dataset.event, { reference: found.dataset.reference, service: found.dataset.service });
  };

  // A frame as high as its content scrolls with the website, which is told how far; one in a popup scrolls by itself.
  const arrive = (top) => {
    if (top < 0 || top > innerHeight / 2) scrollBy({ top: top - 16 });
    tell('moved', { top });
  };

  let person = {};
  const fillIn = () => document.dispatchEvent(new CustomEvent('booking:typed', { detail: person }));

  document.addEventListener('booking:shown', ({ detail }) => {
    fillIn();
    prepareToLeave();
    news();
    if (detail) arrive(detail.getBoundingClientRect().top);
  });

  const words = (text, most) => (typeof text === 'string' ? text.replace(/[\p{Cc}\p{Cf}]/gu, '').slice(0, most) : '');

  const greeted = ({ theme, name, email }) => {
    if (theme === 'light' || theme === 'dark') {
      root.dataset.theme = theme;
      (document.querySelector('meta[name=color-scheme]') || {}).content = theme;
    }
    person = { 'customer.name': words(name, 100), 'customer.email': words(email, 254) };
    fillIn();
  };

  // The website speaks another language now: as if the visitor had chosen it here, so that what was typed stays.
  const speak = (lang) => {
    const way = [...document.querySelectorAll('footer nav [lang]')].find((one) => one.lang === words(lang, 2).toLowerCase());
    if (way) way.click();
  };

  if (!framed) return;
  addEventListener('message', ({ origin, source, data }) => {
    if (origin !== host || source !== window.parent || !data) return;
    if (data.bookingHost === 'hello') greeted(data);
    if (data.bookingHost === 'heard') leave();
    if (data.bookingHost === 'speak') speak(data.lang);
  });
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') tell('escape'); });
  // Other websites do not show themselves in a frame.
  document.addEventListener('click', ({ target }) => {
    const link = target.closest('a[href]');
    if (link && !link.target && link.origin !== location.origin) Object.assign(link, { target: '_blank', rel: 'noopener' });
  }, true);
  new ResizeObserver(() => tell('height')).observe(document.body);
  tell('ready');
})();
