// Books through a client that is generated from the API's description, as an app would, and prints what it saw.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";
import { solve } from "./solve.js";

type Problem = components["schemas"]["Problem"];
type Booking = components["schemas"]["BookingBody"];

const [root, business, serviceId, questionId, start] = process.argv.slice(2) as [string, string, string, string, string];
const client = createClient<paths>({ baseUrl: root });
const path = { business };

// An exhaustive list of what the app can tell its user; a code that it does not know falls through to `title`.
function advice(problem: Problem): string {
  switch (problem.code) {
    case "booking-conflict":
    case "booking-rules-broken":
    case "fields-invalid":
      return (problem.errors ?? []).map((one) => `${one.pointer} ${one.code}`).join(", ");
    case "idempotency-key-reused":
      return "another key";
    default:
      return problem.title;
  }
}

// What the deployment wants to see before a visitor books this slot; an app that shows Turnstile's widget sends its token.
async function prove({ serviceId, start, timeZone }: Booking): Promise<{ humanCheck?: string }> {
  const query = { serviceId, start, ...(timeZone ? { timeZone } : {}) };
  const { data } = await client.GET("/api/v1/businesses/{business}/challenge", { params: { path, query } });
  if (data?.kind === "turnstile") throw new Error(`show the widget with ${data.siteKey}`);
  return data?.kind === "altcha" ? { humanCheck: await solve(data) } : {};
}

// No body, or no answer, means unknown: the same request is sent again with the same key, and never books twice. While the
// lost one may still be under way the answer is a problem with Retry-After.
async function book(wish: Booking, key: string) {
  const body = { ...wish, ...(await prove(wish)) };
  for (let pause = 1; pause < 256; pause *= 2) {
    const answer = await client
      .POST("/api/v1/businesses/{business}/bookings", { params: { path, header: { "Idempotency-Key": key } }, body })
      .catch(() => undefined);
    const problem: Problem | undefined = answer?.error || undefined;
    if (answer?.data || (problem && problem.code !== "idempotency-key-in-flight")) return answer!;
    const later = Number(answer?.response.headers.get("Retry-After") ?? pause);
    await new Promise((done) => setTimeout(done, later * 1000));
  }
  throw new Error("whether it is booked is unknown");
}

const services = await client.GET("/api/v1/businesses/{business}/services", { params: { path } });
if (!services.data) throw new Error(services.error.title);
const service = services.data.services.find((one) => one.id === serviceId);
if (!service) throw new Error("the service is not offered");

const day = start.slice(0, 10);
const slots = await client.GET("/api/v1/businesses/{business}/services/{serviceId}/slots", {
  params: { path: { business, serviceId }, query: { from: day, to: day } },
});
if (!slots.data) throw new Error(slots.error.title);
const slot = slots.data.slots.find((one) => new Date(one.start.utc).getTime() === new Date(start).getTime());
if (!slot) throw new Error("the slot is not offered");

const wanted: Booking = {
  serviceId,
  start: slot.start.local,
  customer: { name: "Jordan Miller", email: "jordanm@contoso.com" },
  answers: [{ questionId, answer: "25" }],
};
const key = crypto.randomUUID();
const first = await book(wanted, key);
const again = await book(wanted, key);
const reused = await book({ ...wanted, smsNotifications: true }, key);
const twice = await book(wanted, crypto.randomUUID());
const broken = await book({ ...wanted, start: `${day}T03:00:00`, timeZone: "America/Chicago" }, crypto.randomUUID());
const invalid = await book({ ...wanted, customer: { name: "", email: "nobody" } }, crypto.randomUUID());
const missing = await client.GET("/api/v1/businesses/{business}", { params: { path: { business: "nobody" } } });

if (!first.data || !("seats" in first.data)) throw new Error("not confirmed");
const confirmed: number = first.data.seats.filled;

console.log(
  JSON.stringify({
    service: service.name,
    statuses: [first, again, reused, twice, broken, invalid, missing].map((one) => one.response.status),
    replayed: [first, again].map((one) => one.response.headers.get("Idempotent-Replayed")),
    same: JSON.stringify(first.data) === JSON.stringify(again.data),
    seats: confirmed,
    location: first.response.headers.get("Location"),
    advice: [reused, twice, broken, invalid, missing].map((one) => (one.error ? advice(one.error) : "")),
  }),
);
