// For each stemmer that Xapian has: forms of one word that must meet, and a word that must not.
#pragma once
#include <string_view>

namespace postern::index {

struct WordPair {
  std::string_view language;
  const char *one, *other, *different;
};

inline constexpr WordPair kWordPairs[] = {
    {"ar", "كتاب", "الكتاب", "قلم"},
    {"ca", "reunió", "reunions", "factura"},
    {"da", "mødet", "møder", "faktura"},
    {"de", "Haus", "Häuser", "Hand"},
    {"en", "meeting", "meetings", "meat"},
    {"es", "canción", "canciones", "cantar"},
    {"eu", "etxe", "etxera", "mendi"},
    {"fi", "talo", "talossa", "lasku"},
    {"fr", "réunion", "réunions", "réponse"},
    {"ga", "foirgneamh", "foirgnimh", "teach"},
    {"hu", "ház", "házak", "hal"},
    {"hy", "հանդիպում", "հանդիպումներ", "գիրք"},
    {"id", "pertemuan", "pertemuannya", "laporan"},
    {"it", "riunione", "riunioni", "rione"},
    {"lt", "namas", "namai", "knyga"},
    {"ne", "किताब", "किताबहरू", "घर"},
    {"nl", "vergadering", "vergaderingen", "vertaling"},
    {"no", "møtet", "møter", "faktura"},
    {"pt", "contrato", "contratos", "relatório"},
    {"ro", "casă", "casele", "factură"},
    {"ru", "встреча", "встречи", "договор"},
    {"sv", "bil", "bilar", "faktura"},
    {"ta", "மரங்கள்", "மரங்களை", "வீடு"},
    {"tr", "kitap", "kitaplar", "kalem"},
};

}  // namespace postern::index
