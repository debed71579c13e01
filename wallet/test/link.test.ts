import { describe, expect, it } from "vitest";

import { readLink, type WalletLink } from "../src/core/link";

const PAGE = "https://wallet.example/";
const read = (rest: string) => readLink(new URL(rest, PAGE));

describe("a link in the page's address", () => {
  it.each([
    ["#c=ABCD2345EFGH", "code", "#c=ABCD2345EFGH"],
    ["#c=abcd-2345", "code", "#c=ABCD2345"],
    [
      "#offer=https%3A%2F%2Fissuer.example%2Foffer%2F1%3Fa%3Db",
      "offer",
      "#offer=https%3A%2F%2Fissuer.example%2Foffer%2F1%3Fa%3Db",
    ],
    [
      "#request=client_id%3Dx509_hash%253Aabc%26request_uri%3Dhttps%253A%252F%252Fverifier.example%252Fr",
      "request",
      "#request=client_id%3Dx509_hash%253Aabc%26request_uri%3Dhttps%253A%252F%252Fverifier.example%252Fr",
    ],
  ])("is read: %s", (rest, kind, fragment) => {
    expect(read(rest)).toEqual({ kind, href: PAGE + fragment });
  });

  it.each(["", "#", "#creds", "#cred/7", "#constructor=x", "#__proto__=x", "?c=ABCD2345EFGH"])(
    "is not seen where there is none: %s",
    (rest) => {
      expect(read(rest)).toEqual({ link: "none" });
    },
  );

  it.each(["#c=", "#c=ABCD234", "#c=ABCD2345EFGHJ", "#c=OILU2345", "#offer=", "#offer=%E0%A4", "#request=%"])(
    "is called damaged: %s",
    (rest) => {
      expect(read(rest)).toEqual({ link: "damaged" });
    },
  );
});

describe("a link that is pasted elsewhere", () => {
  it("is the link itself", () => {
    expect((read("#c=ABCD2345EFGH") as WalletLink).href).toBe("https://wallet.example/#c=ABCD2345EFGH");
  });

  it.each(["'; rm -rf ~; '", "$(id)", "`id`", "a\nb", "a\u202eb", "!!", "\\'"])(
    "gives a shell nothing to run: %s",
    (hostile) => {
      for (const fragment of [encodeURIComponent(hostile), hostile]) {
        const opened = read(`#offer=${fragment}`) as WalletLink;
        expect(opened.href).toMatch(/^https:\/\/wallet\.example\/#offer=[\w.~%-]+$/);
      }
    },
  );
});
