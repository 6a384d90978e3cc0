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

  // The website's colour, as far from the ground as text has to be; black or white on it.
  const parts = (colour) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => rgb.map((x) => (x <= 10 ? x / 3294 : ((x / 255 + 0.055) / 1.055) ** 2.4))
    .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const paint = (colour) => {
    const ground = parts(getComputedStyle(root).getPropertyValue('--card').trim());
    const end = light(ground) > 0.179 ? 0 : 255;
    let accent = parts(colour);
    for (let step = 0; step < 50 && contrast(accent, ground) < 5.2; step++) accent = accent.map((x) => x + (end - x) * 0.1);
    accent = accent.map(Math.round);
    const text = contrast(accent, [255, 255, 255]) >= 4.5 ? '#fff' : '#000';
    const wash = ground.map((x, i) => Math.round(x + (accent[i] - x) * 0.06));
    const made = { shop: `rgb(${accent})`, link: `rgb(${accent})`, wash: `rgb(${wash})`, 'on-shop': text };
    for (const [name, value] of Object.entries(made)) root.style.setProperty(`--${name}`, value);
  };

  const words = (text, most) => (typeof text === 'string' ? text.replace(/[\p{Cc}\p{Cf}]/gu, '').slice(0, most) : '');

  const greeted = ({ theme, color, name, email }) => {
    if (theme === 'light' || theme === 'dark') {
      root.dataset.theme = theme;
      (document.querySelector('meta[name=color-scheme]') || {}).content = theme;
    }
    if (/^#([\da-f]{3}|[\da-f]{6})$/i.test(color)) paint(color);
    person = { 'customer.name': words(name, 100), 'customer.email': words(email, 254) };
    fillIn();
  };

  if (!framed) return;
  addEventListener('message', ({ origin, source, data }) => {
    if (origin !== host || source !== window.parent || !data) return;
    if (data.bookingHost === 'hello') greeted(data);
    if (data.bookingHost === 'heard') leave();
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
