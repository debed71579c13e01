/** What a notification says, in English; apart, so that the service worker carries nothing else. */
export const en = {
  title: "Billfold",
  body: (issuer: string) => `${issuer} changed something in Billfold.`,
  unnamed: "There is something new in Billfold.",
};
