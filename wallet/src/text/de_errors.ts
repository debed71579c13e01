/** What the screens say when something goes wrong, in German. */

import type { errors as english } from "./en_errors";

export const errors: typeof english = {
  happened: "Was ist geschehen",
  side: "Wo liegt es",
  todo: "Was ist zu tun",
  theySay: "Von dort heißt es:",
  sides: {
    yours: () => "Bei Ihnen: etwas auf diesem Gerät.",
    issuer: (who) => `Bei: ${who}.`,
    requester: (who) => `Bei: ${who}.`,
    connection: () => "An der Verbindung oder an der anderen Seite.",
    ours: () => "Bei uns. Es wurde nichts geteilt.",
    nobody: () => "Bei niemandem.",
  },
  remedies: {
    scan_another: () => "Anderen Code scannen",
    scan_again: () => "Noch einmal scannen",
    new_code: () => "Um neuen Code bitten",
    contact: (who) => `Kontakt: ${who}`,
    retry: () => "Noch einmal versuchen",
    close: () => "Schließen",
    unlock: () => "Entsperren",
    unpair_first: () => "Einstellungen öffnen",
    free_space: () => "Noch einmal versuchen",
    update_billfold: () => "Neue Version verwenden",
  },
  link_unknown: {
    title: "Billfold kann diesen Code nicht lesen",
    side: "Am Code. Vielleicht ist er für eine andere App.",
    happened: () =>
      "Er ist nicht von einem Aussteller oder einer anfragenden Stelle, oder ein Teil fehlt.",
    todo: () => "Scannen Sie ihn noch einmal, oder kopieren Sie den ganzen Link.",
  },
  code_used: {
    title: "Dieser Code wurde schon verwendet",
    side: "Bei niemandem, es sei denn, jemand anderes hat den Code verwendet.",
    happened: () => "Ein Code gilt einmal. Mit diesem wurde ein Gerät gekoppelt.",
    todo: () => "Waren Sie das, ist alles in Ordnung. Waren Sie es nicht, sagen Sie es dem Aussteller sofort.",
  },
  code_expired: {
    title: "Dieser Code ist abgelaufen",
    side: "Bei niemandem. Codes auf einem Bildschirm gelten 30 Minuten.",
    happened: () => "Ein Code gilt nur eine Weile, und die Zeit von diesem ist vorbei.",
    todo: () => "Bitten Sie um einen neuen Code.",
  },
  code_gone: {
    title: "Dieser Code gilt nicht mehr",
    side: "Bei niemandem, es sei denn, jemand anderes hat den Code verwendet.",
    happened: () => "Ein neuerer Code hat ihn ersetzt, oder er wurde verwendet oder ist abgelaufen. Oder ein Zeichen ist falsch.",
    todo: () =>
      "Vergleichen Sie ihn, oder bitten Sie um einen neuen. Wurde er verwendet und waren das nicht Sie, sagen Sie es dort sofort.",
  },
  pin_missing: {
    title: "Zu diesem Code gehört eine PIN",
    happened: () => "Die PIN kam auf anderem Weg und wurde nicht eingegeben.",
    todo: () => "Scannen Sie den Code noch einmal, und geben Sie die PIN ein.",
  },
  pin_wrong: {
    title: "Diese PIN stimmt nicht",
    happened: () => "Die PIN wurde nicht angenommen.",
    todo: () => "Sehen Sie noch einmal in der Nachricht mit der PIN nach.",
  },
  pin_spent: {
    title: "Zu oft die falsche PIN",
    happened: () => "Der Code wurde zu Ihrem Schutz gesperrt.",
    todo: () => "Bitten Sie um einen neuen Code.",
  },
  already_paired: {
    title: "Dieses Gerät ist schon gekoppelt",
    happened: () => "Der Aussteller kennt dieses Gerät. Eine zweite Kopplung würde die erste ersetzen.",
    todo: () => "Um neu zu koppeln, beenden Sie zuerst in den Einstellungen die Kopplung.",
  },
  nothing_offered: {
    title: "Hier gibt es nichts zu erhalten",
    happened: () => "Es wird nichts angeboten, was dieses Billfold aufbewahren kann.",
    todo: () => "Sagen Sie es dort, mit der Kennung, falls es eine gibt.",
  },
  request_gone: {
    title: "Diese Anfrage ist abgelaufen",
    happened: () => "Sie wurde schon beantwortet, oder niemand wartet mehr auf die Antwort.",
    todo: () => "Bitten Sie um einen neuen Code.",
  },
  request_wrong: {
    title: "Diese Anfrage ist nicht in Ordnung",
    happened: () =>
      "Sie verstößt gegen eine Regel, die für jede Anfrage gilt. Darum hat Billfold nicht geantwortet. Es wurde nichts geteilt.",
    todo: () => "Sagen Sie es dort; es muss in Ordnung gebracht werden.",
  },
  request_unanswerable: {
    title: "Ihre Creds beantworten das nicht",
    happened: () => "Was erforderlich ist, haben Sie nicht. Es wurde nichts geteilt.",
    todo: () => "Fragen Sie, was sonst angenommen wird.",
  },
  untrusted: {
    title: "Hier geht es nicht sicher weiter",
    happened: () =>
      "Billfold kann nicht beweisen, wer dahintersteht: Eine Unterschrift oder ein Zertifikat ist falsch. Es wurde nichts gesendet.",
    todo: () => "Versuchen Sie es hier nicht noch einmal. Sagen Sie es dort auf einem Weg, den Sie kennen.",
  },
  wrong_answer: {
    title: "Die Antwort ergibt keinen Sinn",
    happened: () => "Mit dieser Antwort kann Billfold nichts anfangen.",
    todo: () => "Versuchen Sie es noch einmal. Bleibt es so, sagen Sie es dort.",
  },
  refused: {
    title: "Die andere Seite hat abgelehnt",
    happened: () => "Die andere Seite hat das nicht angenommen.",
    todo: () => "Fragen Sie nach dem Grund, mit der Kennung, falls es eine gibt.",
  },
  no_answer: {
    title: "Es kommt keine Antwort",
    titleOf: (who) => `${who} antwortet nicht`,
    happened: () => "Billfold hat gefragt, und es kam nicht rechtzeitig etwas zurück.",
    todo: () => "Prüfen Sie Ihre Verbindung, warten Sie etwas, und versuchen Sie es noch einmal.",
  },
  perhaps_shared: {
    title: "Vielleicht ist es angekommen",
    happened: () => "Billfold hat Ihre Felder gesendet, und keine Antwort sagt, was daraus wurde. Sie können angekommen sein.",
    todo: () => "Fragen Sie dort, ob es ankam. Es steht in Ihrem Verlauf.",
  },
  offline: {
    title: "Sie sind offline",
    happened: () => "Hierfür braucht es eine Verbindung, und es gibt keine.",
    todo: () => "Verbinden Sie dieses Gerät mit dem Internet, und versuchen Sie es noch einmal.",
  },
  not_allowed: {
    title: "Diese Adresse ist nicht erlaubt",
    happened: () =>
      "Der Code führt zu einer Adresse, mit der Billfold nicht spricht, weil sie nicht geschützt ist. Es wurde nichts gesendet.",
    todo: () => "Sagen Sie es dem, von dem Sie den Code haben.",
  },
  locked: {
    title: "Billfold hat sich gesperrt",
    happened: () => "Eine Weile hat es niemand berührt.",
    todo: () => "Entsperren Sie es, und scannen Sie den Code noch einmal.",
  },
  confirmation_needed: {
    title: "Das hat zu lange gedauert",
    happened: () => "Ihr Entsperren gilt zwei Minuten. Es wurde nichts geteilt.",
    todo: () => "Versuchen Sie es noch einmal.",
  },
  elsewhere: {
    title: "Billfold ist anderswo offen",
    happened: () => "Ein anderer Tab ist gerade mitten in etwas.",
    todo: () => "Beenden Sie es dort, oder schließen Sie den Tab.",
  },
  storage_full: {
    title: "Es ist kein Platz mehr",
    happened: () => "Auf diesem Gerät ist kein Platz für ein weiteres Cred.",
    todo: () => "Entfernen Sie etwas anderes vom Gerät, und versuchen Sie es noch einmal.",
  },
  newer_version: {
    title: "Diese Seite ist veraltet",
    happened: () => "Was hier liegt, hat ein neueres Billfold geschrieben.",
    todo: () => "Schließen Sie alle Tabs mit Billfold, und öffnen Sie es neu.",
  },
  gone: {
    title: "Das ist nicht mehr hier",
    happened: () => "Es wurde entfernt, oder es gehört zu einer Prüfung, die vorbei ist.",
    todo: () => "Gehen Sie zurück zu Ihren Creds.",
  },
  ours: {
    title: "Billfold hat einen Fehler gemacht",
    happened: () => "In Billfold ging etwas schief. Es wurde nichts geteilt.",
    todo: () => "Versuchen Sie es noch einmal. Bleibt es so, sagen Sie es dem, der dieses Billfold betreibt.",
  },
};
