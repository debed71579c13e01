/** The running demo: started on a free block of ports, and asked for people, codes and requests through its API. */

import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

const BILLFOLD = process.env["BILLFOLD"] ?? new URL("../../../.venv/bin/billfold", import.meta.url).pathname;

interface Organisation {
  readonly slug: string;
  readonly name: string;
  readonly issuer: string;
  readonly api: string;
  readonly api_key: string;
}

export interface Description {
  readonly wallet: string;
  readonly requester: { readonly api: string; readonly api_key: string };
  readonly organisations: readonly Organisation[];
}

export interface PairingCode {
  readonly id: string;
  readonly offer: string;
  readonly wallet_link: string;
  readonly short_code: string;
  readonly tx_code: string | null;
}

const NEWCOMERS = {
  northwind: {
    name: "Zola Quist",
    attributes: {
      staff_number: "NR-31177",
      team: "Night shift",
      date_of_birth: "1979-08-23",
      plate: "QX 905 VB",
      zone: "C, lower deck",
    },
    holds: ["employee-badge", "parking-permit"],
  },
  lakeside: { name: "Zola Quist", attributes: { student_number: "2118847" }, holds: ["student-card"] },
} as const;

export type Slug = keyof typeof NEWCOMERS;

/** A demo. People that a test makes are its own, so that tests can share one. */
export class Demo {
  constructor(
    readonly description: Description,
    private readonly process?: ChildProcess,
  ) {}

  static async start(): Promise<Demo> {
    const port = await freeBlock();
    const child = spawn(BILLFOLD, ["demo", "--json", "--ephemeral", "--port", String(port)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      return new Demo(JSON.parse(line) as Description, child);
    }
    throw new Error("expected the demo to say where it is");
  }

  stop(): void {
    this.process?.kill();
  }

  organisation(slug: Slug): Organisation {
    const found = this.description.organisations.find((organisation) => organisation.slug === slug);
    if (found === undefined) throw new Error(`expected the organisation ${slug}`);
    return found;
  }

  /** Call the API as the organisation `slug`. */
  as(slug: Slug, method: string, path: string, body?: object) {
    const { api, api_key } = this.organisation(slug);
    return this.call(api, api_key, method, path, body);
  }

  /** Add somebody who should hold each Cred type of the organisation, and return the id. */
  async newPerson(slug: Slug): Promise<string> {
    const { holds, ...person } = NEWCOMERS[slug];
    const { id } = await this.as(slug, "POST", "/people", person);
    for (const type of holds) await this.as(slug, "POST", "/entitlements", { person_id: id, credential_type: type });
    return id;
  }

  /** Make a pairing code for a person of the organisation, or for somebody new. */
  async pairingCode(slug: Slug, personId?: string): Promise<PairingCode> {
    return this.as(slug, "POST", "/pairing-codes", { person_id: personId ?? (await this.newPerson(slug)) });
  }

  /** The pairings of a person, the latest first. */
  async pairings(slug: Slug, personId: string): Promise<{ readonly id: string; readonly state: string }[]> {
    return (await this.as(slug, "GET", `/pairings?person_id=${personId}`)).items;
  }

  request(template: string, more: object = {}): Promise<any> {
    return this.asRequester("POST", "/presentation-requests", { template, ...more });
  }

  asRequester(method: string, path: string, body?: object): Promise<any> {
    const { api, api_key } = this.description.requester;
    return this.call(api, api_key, method, path, body);
  }

  async call(api: string, key: string, method: string, path: string, body?: object): Promise<any> {
    const response = await fetch(`${api}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`expected success of ${method} ${path}, got ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  }
}

/** Return the first of four ports in a row on which nobody listens now. */
async function freeBlock(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const first = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await Promise.all([0, 1, 2, 3].map((offset) => isFree(first + offset)));
    if (free.every(Boolean)) return first;
  }
  throw new Error("expected four free ports in a row");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
