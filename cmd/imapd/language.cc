#include "cmd/imapd/language.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"

namespace postern::imapd {

namespace {

struct Text {
  std::string_view english, german;
};

// A linear search: who asks for German does not mind a microsecond.
constexpr std::array kTexts = std::to_array<Text>({

    {"A mailbox can't go into itself", "Ein Ordner kann nicht in sich selbst verschoben werden"},
    {"A mailbox of that name exists", "Ein Ordner dieses Namens besteht schon"},
    {"A limit of this server was reached", "Eine Grenze dieses Servers ist erreicht"},
    {"An empty message can't be kept", "Eine leere Nachricht kann nicht aufbewahrt werden"},
    {"Another mailbox has that use", "Ein anderer Ordner dient schon diesem Zweck"},
    {"Appended", "Hinzugefügt"},
    {"Cancelled", "Abgebrochen"},
    {"Closed", "Geschlossen"},
    {"Copied", "Kopiert"},
    {"Created", "Angelegt"},
    {"Deleted", "Gelöscht"},
    {"Done", "Erledigt"},
    {"Expunged", "Endgültig gelöscht"},
    {"Fetched", "Geholt"},
    {"INBOX stays", "INBOX bleibt"},
    {"Idle for too long", "Zu lange untätig"},
    {"Log in first", "Zuerst anmelden"},
    {"Logged in", "Angemeldet"},
    {"Logging out", "Abmeldung"},
    {"Login timed out", "Zeit für die Anmeldung abgelaufen"},
    {"Moved", "Verschoben"},
    {"Name or password is wrong", "Name oder Passwort ist falsch"},
    {"No room for another keyword", "Kein Platz für ein weiteres Stichwort"},
    {"No such mailbox", "Diesen Ordner gibt es nicht"},
    {"No such message", "Diese Nachricht gibt es nicht"},
    {"No such message number", "Diese Nachrichtennummer gibt es nicht"},
    {"Not possible", "Nicht möglich"},
    {"Not possible now", "Jetzt nicht möglich"},
    {"Nothing to copy", "Nichts zu kopieren"},
    {"Nothing to expunge", "Nichts zu löschen"},
    {"Nothing to move", "Nichts zu verschieben"},
    {"Opened", "Geöffnet"},
    {"Opened read-only", "Nur zum Lesen geöffnet"},
    {"Permission denied", "Keine Berechtigung"},
    {"Renamed", "Umbenannt"},
    {"Replaced", "Ersetzt"},
    {"Searched", "Gesucht"},
    {"Select a mailbox first", "Zuerst einen Ordner öffnen"},
    {"Some of the messages are gone", "Einige der Nachrichten gibt es nicht mehr"},
    {"Something else changes the mailbox", "Etwas anderes ändert den Ordner gerade"},
    {"Still working", "Noch in Arbeit"},
    {"Stored", "Gespeichert"},
    {"Stored data is damaged", "Gespeicherte Daten sind beschädigt"},
    {"Temporary problem, please try again later", "Vorübergehende Störung, bitte später noch einmal versuchen"},
    {"That language is not supported", "Diese Sprache wird nicht unterstützt"},
    {"That use is not supported", "Dieser Zweck wird nicht unterstützt"},
    {"The account is over its quota", "Das Konto hat keinen Platz mehr"},
    {"The login is no longer valid", "Die Anmeldung gilt nicht mehr"},
    {"The login service is not available", "Der Anmeldedienst ist nicht erreichbar"},
    {"The mailbox has children", "Der Ordner enthält weitere Ordner"},
    {"The mailbox is open read-only", "Der Ordner ist nur zum Lesen geöffnet"},
    {"The message is missing", "Die Nachricht fehlt"},
    {"The message is too large", "Die Nachricht ist zu groß"},
    {"The message to be replaced is gone", "Die zu ersetzende Nachricht gibt es nicht mehr"},
    {"The selected mailbox was deleted", "Der geöffnete Ordner wurde gelöscht"},
    {"The special use is set by itself", "Der Zweck wird für sich allein gesetzt"},
    {"Too many connections of this account", "Zu viele Verbindungen dieses Kontos"},
    {"Too many failed logins", "Zu viele gescheiterte Anmeldungen"},
    {"Too many mistakes", "Zu viele Fehler"},
    {"Too much in one command", "Zu viel in einem Befehl"},
    {"Unknown command", "Unbekannter Befehl"},
    {"Unknown mechanism", "Unbekanntes Verfahren"},
    {"Use TLS first", "Zuerst TLS einschalten"},
    {"too many arguments", "zu viele Argumente"},
});

}  // namespace

std::optional<Language> match_language(std::string_view range) {
  std::string_view primary = range.substr(0, range.find('-'));
  if (base::iequals(primary, "de")) return Language::german;
  if (base::iequals(primary, "en") || base::iequals(range, "i-default") || base::iequals(range, "default") || range == "*")
    return Language::english;
  return std::nullopt;
}

std::string_view language_tag(Language l) {
  return l == Language::german ? "de" : "en";
}

std::string_view say(Language l, std::string_view english) {
  if (l == Language::english) return english;
  auto it = std::ranges::find(kTexts, english, &Text::english);
  return it == kTexts.end() ? english : it->german;
}

}  // namespace postern::imapd
