// Sends and finds through ews-javascript-api, and prints as JSON what it saw.
// Arguments: the library's directory, the address of the server, user name, password.
// Node 23 took this away; the library, which is unmodified, still calls it.
require("util").isNullOrUndefined ??= (value) => value === null || value === undefined;

const [, , library, server, user, password] = process.argv;
const ews = require(library);

const service = new ews.ExchangeService(ews.ExchangeVersion.Exchange2016);
service.Credentials = new ews.WebCredentials(user, password);
service.Url = new ews.Uri(server);

const key = new ews.ExtendedPropertyDefinition(
  ews.DefaultExtendedPropertySet.InternetHeaders, "X-Postroad-Message", ews.MapiPropertyType.String);
const sent = ews.WellKnownFolderName.SentItems;

function composed(subject) {
  const message = new ews.EmailMessage(service);
  message.Subject = subject;
  message.Body = new ews.MessageBody(ews.BodyType.Text, "Grüße");
  message.ToRecipients.Add("bob@buyer.test");
  message.CcRecipients.Add("carol@buyer.test");
  return message;
}

async function main() {
  const first = composed("First");
  first.SetExtendedProperty(key, "js/intro/1");
  await first.SendAndSaveCopy();

  const draft = composed("Second");
  await draft.Save();
  await draft.SendAndSaveCopy();

  await composed("Third").Send();

  const ours = await service.FindItems(
    sent, new ews.SearchFilter.IsEqualTo(key, "js/intro/1"), new ews.ItemView(10));
  const yesterday = ews.DateTime.Now.AddDays(-1);
  const recent = await service.FindItems(
    sent, new ews.SearchFilter.IsGreaterThan(ews.ItemSchema.DateTimeSent, yesterday),
    new ews.ItemView(1));
  const shape = new ews.PropertySet(ews.BasePropertySet.IdOnly, [
    ews.ItemSchema.MimeContent, ews.EmailMessageSchema.InternetMessageId, ews.ItemSchema.Body]);
  const whole = await ews.EmailMessage.Bind(service, ours.Items[0].Id, shape);
  const folder = await ews.Folder.Bind(service, sent);
  const changes = await service.SyncFolderItems(
    folder.Id, ews.PropertySet.IdOnly, null, 10, ews.SyncFolderItemsScope.NormalItems, null);
  console.log(JSON.stringify({
    ours: ours.Items.map((item) => item.Subject),
    recent: {total: recent.TotalCount, shown: recent.Items.length, more: recent.MoreAvailable},
    mime: whole.MimeContent.Content,
    messageId: whole.InternetMessageId,
    body: whole.Body.Text,
    folder: [folder.DisplayName, folder.TotalCount],
    changes: changes.Count,
  }));
}

main().catch((error) => {
  console.error(String(error.message || error));
  process.exit(1);
});
