// Books through the functions that orval makes of the API's description, and prints what it saw.
import { createBooking, getChallenge, listSlots, type BookingBody } from "./orval-client.js";
import { solve } from "./solve.js";

const [root, business, serviceId, questionId, start] = process.argv.slice(2) as [string, string, string, string, string];

// The functions ask for addresses without a host, as a page of the same origin does; here there is no page.
const ask = globalThis.fetch;
globalThis.fetch = (address, options) => ask(new URL(String(address), root), options);

const day = start.slice(0, 10);
const slots = await listSlots(business, serviceId, { from: day, to: day });
if (slots.status !== 200) throw new Error(slots.data.title);
const slot = slots.data.slots.find((one) => new Date(one.start.utc).getTime() === new Date(start).getTime());
if (!slot) throw new Error("the slot is not offered");

const challenge = await getChallenge(business, { serviceId, start: slot.start.local });
if (challenge.status !== 200) throw new Error(challenge.data.title);
const wish: BookingBody = {
  serviceId,
  start: slot.start.local,
  customer: { name: "Ann Beebe", email: "ann@contoso.com" },
  answers: [{ questionId, answer: "25" }],
  ...(challenge.data.kind === "altcha" ? { humanCheck: await solve(challenge.data) } : {}),
};
const key = { "Idempotency-Key": crypto.randomUUID() };
const first = await createBooking(business, wish, key);
const again = await createBooking(business, wish, key);
const invalid = await createBooking(business, { ...wish, customer: { name: "", email: "nobody" } });

console.log(
  JSON.stringify({
    statuses: [first, again, invalid].map((one) => one.status),
    same: JSON.stringify(first.data) === JSON.stringify(again.data),
    reference: first.status === 201 ? first.data.reference : null,
    advice: invalid.status === 422 ? invalid.data.errors?.map((one) => `${one.pointer} ${one.code}`) : null,
  }),
);
