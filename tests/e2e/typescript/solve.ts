// The check for humans, solved as an app does it: no package is needed.
type Challenge = {
  parameters: { salt: string; cost: number; nonce: string; keyLength: number; keyPrefix: string };
  signature: string;
};

// The number that the challenge asks for: less than a second of work (ALTCHA, version 2).
export async function solve({ parameters, signature }: Challenge): Promise<string> {
  const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
  const kdf = { name: "PBKDF2", hash: "SHA-256", salt: bytes(parameters.salt), iterations: parameters.cost };
  const password = new Uint8Array([...bytes(parameters.nonce), 0, 0, 0, 0]);
  for (let counter = 0; ; counter++) {
    new DataView(password.buffer).setUint32(password.length - 4, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derivedKey = Buffer.from(await crypto.subtle.deriveBits(kdf, key, parameters.keyLength * 8)).toString("hex");
    if (!derivedKey.startsWith(parameters.keyPrefix)) continue;
    return btoa(JSON.stringify({ challenge: { parameters, signature }, solution: { counter, derivedKey } }));
  }
}
