// Made-up people. The place of a name decides whose it becomes: a list may only be changed with a new version of `mask`,
// since every name that was ever given would become another.

/** Given names, most of them read the same in many languages. */
export const givenNames: readonly string[] = [
  ..."Abel Ada Aino Alba Amal Anouk Arjun Asha Awa Baraka Bela Bina Bruno Carla Cato Chidi Clara Dario".split(" "),
  ..."Davor Dina Edda Eero Ekow Elif Emil Enzo Esi Fadil Farai Femi Filip Gaia Goran Greta Hala Hanno Hugo".split(" "),
  ..."Ida Ilir Imani Ines Ivo Jael Jalil Jonas Kaia Kamal Keita Kofi Lale Leila Levi Lina Luan Maia Malik".split(" "),
  ..."Marek Mila Nadia Nuru Odile Omar Orla Petra Rafi Rana Remi Rosa Sami Sanaa Selma Sina Suri Tariq Tea".split(" "),
  ..."Tomas Ula Vera Wanja Yara Yusuf Zana Zeno Zola".split(" "),
];

/** Family names. */
export const familyNames: readonly string[] = [
  ..."Abara Adler Alvik Amari Andal Arkan Asante Baako Balen Banda Barlow Bekele Belmar Berisha Bosk".split(" "),
  ..."Brandt Calder Castel Chanda Corvin Dalmas Danso Delgar Diallo Dorin Ebner Eklund Elmas Falke Farouk".split(" "),
  ..."Fenwick Ferro Gallo Ganter Haddad Halvor Hassan Holm Ibarra Ilunga Jansen Jarrah Kadir Kamau Karlan".split(" "),
  ..."Keller Kimani Kovar Kruger Lamin Larue Lindal Lopera Lunde Mahler Makori Malan Mansur Marin Mbeki".split(" "),
  ..."Mendel Moreno Mutua Nadar Navarro Njoroge Norell Obando Odhiam Okoro Olsen Ortega Osman Otieno".split(" "),
  ..."Palmer Pereda Quist Rahal Ramos Reuter Rinaldi Rossum Sabra Salas Sander Santor Seidel Silvan".split(" "),
  ..."Solberg Sorel Stamm Sultan Tamar Tellier Thorne Toledo Tremont Ulrich Urbano Valdar Varga Verden".split(" "),
  ..."Wanjiku Weller Winter Yildiz Zaman Zeller".split(" "),
];
