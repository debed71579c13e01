/** The entrance: styles, the reader's language, then the shell. */

import "@fontsource-variable/manrope/wght.css";
import "./ui/tokens.css";
import "./ui/components.css";

import { mount } from "svelte";

import App from "./App.svelte";
import { messagesFor } from "./text/messages";

const target = document.getElementById("app");
if (target === null) throw new Error("expected an element with the id app");

const messages = messagesFor(navigator.languages);
document.documentElement.lang = messages.language;
mount(App, { target, props: { messages } });
