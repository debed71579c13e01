/** What a notification says, in German. */
export const de = {
  title: "Billfold",
  body: (issuer: string) => `${issuer} hat in Billfold etwas geändert.`,
  unnamed: "In Billfold gibt es etwas Neues.",
};
