/** The entrance: styles, the wallet, then the shell. */

import "../../src/billfold/apps/look/static/tokens.css";
import "../../src/billfold/apps/look/static/components.css";
import "./ui/wallet.css";

import { mount } from "svelte";

import AppShell from "./App.svelte";
import { openWallet } from "./open";
import { App } from "./ui/app.svelte";
import { startWorker } from "./ui/worker";

const target = document.getElementById("app");
if (target === null) throw new Error("expected an element with the id app");

const app = new App(await openWallet());
mount(AppShell, { target, props: { app } });
startWorker({
  onNewVersion(useIt) {
    app.useNewVersion = useIt;
  },
  onNews() {
    void app.sync();
  },
});
