import { fireEvent, render, screen } from "@testing-library/svelte";
import { beforeEach, expect, it, vi } from "vitest";

import App from "../src/App.svelte";
import { en } from "../src/text/en";

const open = (hash: string) => {
  location.hash = hash;
  return render(App, { messages: en });
};

beforeEach(() => {
  location.href = "https://wallet.example/";
});

it("says first what Billfold is and what this page cannot do yet", () => {
  open("");
  expect(screen.getByRole("heading", { level: 1, name: en.title })).toBeTruthy();
  expect(screen.getByRole("heading", { level: 2, name: en.notYet.title })).toBeTruthy();
  expect(screen.queryAllByRole("button")).toEqual([]);
});

it("hands an offer's link on to the command line", () => {
  open("#offer=https%3A%2F%2Fissuer.example%2Fo");
  expect(
    screen.getByText("billfold wallet pair 'https://wallet.example/#offer=https%3A%2F%2Fissuer.example%2Fo'"),
  ).toBeTruthy();
  expect(screen.getAllByRole("button", { name: "Copy" })).toHaveLength(1);
});

it("hands a request's link on to the command line", () => {
  open("#request=client_id%3Da");
  expect(screen.getByText("billfold wallet share 'https://wallet.example/#request=client_id%3Da'")).toBeTruthy();
});

it("shows both commands for a short code, since it may lead to either", () => {
  open("#c=ABCD2345EFGH");
  expect(screen.getAllByRole("button", { name: "Copy" })).toHaveLength(2);
});

it("says so when a link is damaged, and offers nothing that cannot work", () => {
  open("#c=AB");
  expect(screen.getByRole("heading", { level: 1, name: en.link.damagedTitle })).toBeTruthy();
  expect(screen.queryAllByRole("button")).toEqual([]);
});

it("copies the command, and says that it did", async () => {
  const writeText = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
  open("#offer=a");
  await fireEvent.click(screen.getByRole("button", { name: "Copy" }));
  expect(writeText).toHaveBeenCalledWith("billfold wallet pair 'https://wallet.example/#offer=a'");
  expect(await screen.findByText(en.copy.done)).toBeTruthy();
});

it("says what to do where copying is not allowed", async () => {
  vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new DOMException("no", "NotAllowedError"));
  open("#offer=a");
  await fireEvent.click(screen.getByRole("button", { name: "Copy" }));
  expect(await screen.findByText(en.copy.failed)).toBeTruthy();
});

it("follows a link that is opened while the page stands", async () => {
  open("");
  location.hash = "#offer=b";
  await fireEvent(window, new HashChangeEvent("hashchange"));
  expect(await screen.findByRole("heading", { level: 1, name: en.link.offerTitle })).toBeTruthy();
  expect(document.activeElement?.tagName).toBe("MAIN");
});
