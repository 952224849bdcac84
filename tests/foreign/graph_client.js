// Drafts, sends, lists and follows changes through Microsoft's own client, and prints as JSON
// what it saw. Arguments: the library's directory, the address of Graph, an access token, a user.
const [, , library, endpoint, token, user] = process.argv;
const graph = require(library);

const client = graph.Client.initWithMiddleware({
  authProvider: { getAccessToken: async () => token },
  baseUrl: endpoint,
  customHosts: new Set([new URL(endpoint).hostname]),
});

const mailbox = `/users/${user}`;
const immutable = 'IdType="ImmutableId"';
const key = "String {00020386-0000-0000-C000-000000000046} Name X-Postroad-Message";

function composed(subject, headers) {
  return {
    subject,
    body: { contentType: "HTML", content: "<p>Grüße</p>" },
    toRecipients: [{ emailAddress: { address: "bob@buyer.test" } }],
    ccRecipients: [{ emailAddress: { address: "carol@buyer.test", name: "Carol" } }],
    internetMessageHeaders: headers,
  };
}

async function collected(page, options) {
  const found = [];
  await new graph.PageIterator(client, page, (one) => found.push(one.id) > 0, options).iterate();
  return found;
}

async function uploaded(draft, size) {
  const file = new graph.FileUpload(Buffer.alloc(size, "x"), "offer.pdf", size);
  const session = await graph.LargeFileUploadTask.createUploadSession(
    client, `${endpoint}/v1.0${mailbox}/messages/${draft}/attachments/createUploadSession`,
    { AttachmentItem: { attachmentType: "file", name: "offer.pdf", size } });
  await new graph.LargeFileUploadTask(client, file, session, { rangeSize: 1048576 }).upload();
}

async function refusal(request) {
  try {
    await request();
  } catch (error) {
    return [error.statusCode, error.code, error.message];
  }
  return null;
}

async function main() {
  const inbox = `${mailbox}/mailFolders/inbox/messages/delta`;
  const before = await client.api(inbox).get();

  const draft = await client.api(`${mailbox}/messages`).header("Prefer", immutable)
    .post(composed("First", [{ name: "X-Postroad-Message", value: "js/intro/1" }]));
  await uploaded(draft.id, 4000000);
  await client.api(`${mailbox}/messages/${draft.id}/send`).post({});
  const sent = await client.api(`${mailbox}/messages/${draft.id}`).header("Prefer", immutable)
    .expand(`singleValueExtendedProperties($filter=id eq '${key}')`).get();

  await client.api(`${mailbox}/sendMail`).post({ message: composed("Second") });
  const mime = Buffer.from("To: bob@buyer.test\r\nSubject: Third\r\n\r\nHello.\r\n");
  await client.api(`${mailbox}/sendMail`).header("Content-Type", "text/plain")
    .post(mime.toString("base64"));

  const ours = await client.api(`${mailbox}/mailFolders/sentitems/messages`)
    .filter(`singleValueExtendedProperties/Any(ep: ep/id eq '${key}' and ep/value eq 'js/intro/1')`)
    .select("subject,hasAttachments").get();
  const newest = await client.api(`${mailbox}/messages`).top(2).orderby("sentDateTime desc").get();
  const all = await collected(newest);
  const content = await client.api(`${mailbox}/messages/${draft.id}/$value`)
    .responseType(graph.ResponseType.TEXT).get();
  const folders = await client.api(`${mailbox}/mailFolders`).get();

  await new Promise((resolve) => setTimeout(resolve, 200));
  const after = await client.api(before["@odata.deltaLink"]).get();

  console.log(JSON.stringify({
    wasDraft: draft.isDraft,
    sameId: sent.id === draft.id,
    isDraft: sent.isDraft,
    key: sent.singleValueExtendedProperties[0].value,
    ours: ours.value.map((one) => [one.subject, one.hasAttachments]),
    all: all.length,
    content: content.split("\r\n\r\n")[0],
    folders: folders.value.map((one) => one.displayName),
    before: before.value.length,
    after: after.value.map((one) => one.subject),
    unknownFilter: await refusal(
      () => client.api(`${mailbox}/messages`).filter("startswith(subject,'F')").get()),
    unknownUser: await refusal(() => client.api("/users/eve@acme.test/messages").get()),
    sentTwice: await refusal(() => client.api(`${mailbox}/messages/${draft.id}/send`).post({})),
  }));
}

main().catch((error) => {
  console.error(error.statusCode ?? "", error.code ?? "", error.message);
  process.exit(1);
});
