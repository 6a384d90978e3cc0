// Prints what html-validate says of pages: they come in as a JSON object by name, a list of sentences goes out.
import { readFileSync } from "node:fs";
import { HtmlValidate, StaticConfigLoader } from "html-validate";

const rules = {
  // Each button of the pages submits its form, which is what a button without a type does.
  "no-implicit-button-type": "off",
  // Either way to write it means the same; the shorter one is written by hand, the longer one by the templates' filter.
  "attribute-boolean-style": "off",
  "doctype-style": ["error", { style: "lowercase" }],
  // A list has a role that may be named.
  "aria-label-misuse": ["error", { allowAnyNamable: true }],
};
const loader = new StaticConfigLoader({ root: true, extends: ["html-validate:recommended"], rules });
const validator = new HtmlValidate(loader);
const found = [];
for (const [name, html] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  const { results } = await validator.validateString(html, `${name}.html`);
  for (const { messages } of results) {
    for (const { ruleId, message, line, selector } of messages) found.push(`${name}:${line} ${ruleId}: ${message} ${selector}`);
  }
}
console.log(JSON.stringify(found));
