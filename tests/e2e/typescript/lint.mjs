// Prints what Redocly's recommended rules say of the API's description.
import { readFile } from "node:fs/promises";
import { createConfig, lintFromString } from "@redocly/openapi-core";

const [path] = process.argv.slice(2);
const config = await createConfig({ extends: ["recommended"] });
const found = await lintFromString({ source: await readFile(path, "utf8"), absoluteRef: path, config });
console.log(JSON.stringify(found.map((one) => `${one.severity} ${one.ruleId}: ${one.message}`)));
