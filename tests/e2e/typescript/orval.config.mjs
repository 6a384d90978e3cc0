// The client of book-with-orval.ts: plain fetch, with the headers of the description as arguments.
export default {
  facade: { input: "./openapi.json", output: { target: "./orval-client.ts", client: "fetch", headers: true } },
};
