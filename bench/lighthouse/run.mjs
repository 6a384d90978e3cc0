// Prints a line of JSON for each step of the booking page: what Lighthouse's slow telephone saw of it.
// Steps that an address leads to are loaded; what only a form leads to is looked at where a visitor has come to it.
import { startFlow } from "lighthouse";
import puppeteer from "puppeteer-core";

const [root, chromium, steps, forms] = [process.argv[2], process.argv[3], ...process.argv.slice(4).map(JSON.parse)];
const RUNS = 3;
const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--headless=new"] });

const told = (name, { categories, audits }) => {
  const requests = (audits["network-requests"]?.details?.items ?? []).filter(({ url }) => url.startsWith("http"));
  const failed = Object.values(categories).flatMap(({ auditRefs }) => auditRefs)
    .filter(({ id, weight }) => weight && audits[id].score !== null && audits[id].score < 1).map(({ id }) => id);
  console.log(JSON.stringify({
    name,
    scores: Object.fromEntries(Object.values(categories).map(({ id, score }) => [id, score === null ? null : Math.round(score * 100)])),
    lcp: audits["largest-contentful-paint"]?.numericValue ?? null,
    blocked: audits["total-blocking-time"]?.numericValue ?? null,
    requests: requests.length,
    bytes: requests.reduce((sum, { transferSize }) => sum + transferSize, 0),
    failed: [...new Set(failed)],
  }));
};

const looked = async (page, settings, act) => {
  const flow = await startFlow(page, { config: { extends: "lighthouse:default", settings } });
  await act(flow);
  return (await flow.createFlowResult()).steps[0].lhr;
};

// A step is looked at more than once; the one in the middle counts.
const middle = (runs) => {
  const total = ({ categories }) => Object.values(categories).reduce((sum, { score }) => sum + score, 0);
  return runs.sort((one, other) => total(one) - total(other))[runs.length >> 1];
};

// An address: fresh browsers, loaded as the telephone would. Nobody's booking may be found by search engines, so they
// need not be able to.
for (const { name, path, isPrivate } of steps) {
  const runs = [];
  for (let run = 0; run < RUNS; run++) {
    const context = await browser.createBrowserContext();
    const settings = { skipAudits: isPrivate ? ["is-crawlable"] : [] };
    runs.push(await looked(await context.newPage(), settings, (flow) => flow.navigate(root + path)));
    await context.close();
  }
  told(name, middle(runs));
}

// A visitor's way: the time from a press to its page, and that page as it then stands.
const way = new Map();
const keep = (name, seen) => way.set(name, [...(way.get(name) ?? []), seen]);
const page = await browser.newPage();
const press = async (name, selector, then) => {
  // Chromium writes every refusal by a status into the console as an error.
  const settings = { onlyCategories: ["performance", "best-practices"], skipAudits: ["errors-in-console"] };
  const pressed = async (flow) => {
    await flow.startTimespan();
    await page.click(selector);
    await page.waitForSelector(then);
    await flow.endTimespan();
  };
  keep(`${name}: pressing`, await looked(page, settings, pressed));
  const stands = { onlyCategories: ["accessibility", "best-practices"], skipAudits: ["errors-in-console"] };
  keep(name, await looked(page, stands, (flow) => flow.snapshot()));
};
for (const form of forms) {
  await page.goto(root + form);
  await press("errors", "button.main", "#errors");
  await page.type("[type=email]", "visitor@contoso.com");
  await page.type("[autocomplete=name]", "Ann Beebe");
  await press("booked", "button.main", ".sign");
  await page.goto(await page.$eval('.end a[href*="#BK-"]', ({ href }) => href));
  await page.waitForSelector("form.action button");
  await press("times to move to", "form.action button:not(.plain)", "button[name=start]");
  await press("move", "button[name=start]", "dl.summary");
  await press("moved", ".row form:first-child button", ".big");
  await press("cancel", ".row form:last-child button", "button.danger");
  await press("cancelled", "button.danger", ".big");
}
for (const [name, runs] of way) told(name, middle(runs));
await browser.close();
