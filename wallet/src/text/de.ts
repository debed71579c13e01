import type { Messages } from "./en";

/** Every sentence that the page shows, in German. */
export const de: Messages = {
  language: "de",
  title: "Ihre Creds, auf diesem Gerät",
  lead:
    "Ausweise und Berechtigungen von Ihrem Arbeitgeber, Ihrer Hochschule oder Ihrem Verein. Sie wählen, was Sie teilen.",
  notYet: {
    title: "Diese Seite kann noch keine Creds aufbewahren",
    body:
      "Bis dahin bewahrt die Brieftasche auf der Kommandozeile sie auf: Sie koppelt, empfängt und teilt auf diesem Rechner.",
    how: "Mit dem Link, den Sie von einem Herausgeber haben:",
  },
  link: {
    offerTitle: "Ein Herausgeber lädt Sie zum Koppeln ein",
    requestTitle: "Jemand bittet Sie, etwas zu teilen",
    codeTitle: "Sie haben einen Link geöffnet",
    body: "Diese Seite kann noch keine Creds aufbewahren. Auf der Kommandozeile gilt genau dieser Link:",
    pair: "Mit einem Herausgeber koppeln",
    share: "Einer Anfrage antworten",
    damagedTitle: "Dieser Link ist nicht vollständig",
    damagedBody:
      "Unterwegs ging ein Teil verloren. Kopieren Sie den ganzen Link noch einmal, oder bitten Sie um einen neuen.",
  },
  copy: {
    label: "Kopieren",
    done: "Kopiert",
    failed: "Ihr Browser lässt diese Seite nicht kopieren. Markieren Sie stattdessen den Text.",
  },
};
