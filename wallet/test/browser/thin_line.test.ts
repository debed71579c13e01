/** Set up, pair, list and share: the whole way against the running demo, by the object that the screens use. */

import { expect, it } from "vitest";

import { demo, open } from "../support/stage";

it("sets up, pairs with a PIN, lists the Creds, and shares with one of three optional fields ticked", async () => {
  const device = await open();
  const code = await demo.pairingCode("northwind");
  expect((await device.state()).status).toBe("fresh");

  const { review, result, progress } = await device.setUpAndPair(code.wallet_link, code.tx_code);

  expect(review).toMatchObject({ issuerName: "Northwind Robotics", proven: true, pin: { numeric: true } });
  expect(review.offered.map(({ name }) => name)).toEqual(["Employee badge", "Parking permit"]);
  expect(progress).toEqual([0, 1, 2]);
  expect(result.missing).toEqual([]);
  const state = await device.state();
  expect(state).toMatchObject({ status: "unlocked", unlockKind: "prf" });
  expect(state.creds.map(({ typeName, isNew, state }) => [typeName, isNew, state])).toEqual([
    ["Employee badge", true, "active"],
    ["Parking permit", true, "active"],
  ]);
  expect(state.creds[0]?.fields.map(({ label }) => label)).toContain("Staff number");

  const asked = await demo.request("staff-rate");
  const shared = await device.share(asked.wallet_link, ["team"]);

  expect(shared.review).toMatchObject({ requester: "Harbour Sports Club", proven: true, answerable: true });
  expect(shared.review.cards).toHaveLength(1);
  const [cred] = shared.review.cards[0]?.creds ?? [];
  expect(cred?.required.map(({ name }) => name)).toEqual(["name", "employer"]);
  expect(cred?.optional.map(({ label }) => label)).toEqual(["Photo", "Team", "Date of birth"]);
  expect(shared.result.accepted).toBe(true);
  const { verification } = await demo.asRequester("GET", `/presentation-requests/${asked.id}`);
  expect(verification.accepted).toBe(true);
  expect(Object.keys(verification.creds[0].fields).sort()).toEqual(["employer", "name", "team"]);
  const [entry] = (await device.state()).history;
  expect(entry).toMatchObject({ requester: "Harbour Sports Club", outcome: "accepted" });
  expect(entry?.shared[0]?.fields.map(({ name }) => name).sort()).toEqual(["employer", "name", "team"]);
});
