/** The running demo: started on a free block of ports, and asked for codes and requests through its API. */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

const BILLFOLD = process.env["BILLFOLD"] ?? new URL("../../../.venv/bin/billfold", import.meta.url).pathname;

interface Organisation {
  readonly slug: string;
  readonly name: string;
  readonly issuer: string;
  readonly api: string;
  readonly api_key: string;
  readonly people: readonly { readonly id: string; readonly name: string }[];
}

interface Description {
  readonly wallet: string;
  readonly requester: { readonly api: string; readonly api_key: string };
  readonly organisations: readonly Organisation[];
}

export interface PairingCode {
  readonly link: string;
  readonly tx_code: string;
  readonly [name: string]: unknown;
}

export class Demo {
  private constructor(
    private readonly process: ChildProcess,
    readonly description: Description,
  ) {}

  static async start(port: number): Promise<Demo> {
    const child = spawn(BILLFOLD, ["demo", "--json", "--ephemeral", "--port", String(port)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      return new Demo(child, JSON.parse(line) as Description);
    }
    throw new Error("expected the demo to say where it is");
  }

  stop(): void {
    this.process.kill();
  }

  organisation(slug: string): Organisation {
    const found = this.description.organisations.find((organisation) => organisation.slug === slug);
    if (found === undefined) throw new Error(`expected the organisation ${slug}`);
    return found;
  }

  pairingCode(slug: string, person: string): Promise<PairingCode> {
    const { api, api_key, people } = this.organisation(slug);
    const id = people.find(({ name }) => name === person)?.id;
    return this.call(api, api_key, "POST", "/pairing-codes", { person_id: id });
  }

  request(template: string, more: object = {}): Promise<any> {
    const { api, api_key } = this.description.requester;
    return this.call(api, api_key, "POST", "/presentation-requests", { template, ...more });
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
