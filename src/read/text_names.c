/* What mail programs call From, To and Subject where they show or forward a mail. */
#include "read/text.h"

/* "*From" of a program that made text of bold words, "De" and a blank that is not broken. */
static struct str
bare_name(struct str name)
{
	static const struct str blank = STR_INIT("\xC2\xA0");
	name = str_trim(name);
	while (name.len > 1 && (name.ptr[0] == '*' || name.ptr[0] == '_'))
		name = str_from(name, 1);
	for (;;) {
		if (str_ends_case(name, blank))
			name.len -= blank.len;
		else if (name.len > 1 &&
			 (name.ptr[name.len - 1] == '*' || name.ptr[name.len - 1] == '_'))
			name.len--;
		else
			return str_trim(name);
	}
}

bool
text_is_from_name(struct str name)
{
	static const struct str names[] = {STR_INIT("From"), STR_INIT("Von"), STR_INIT("De"),
		STR_INIT("Da"), STR_INIT("Van"), STR_INIT("Fra"), STR_INIT("Od"), STR_INIT("Från"),
		STR_INIT("Lähettäjä"), STR_INIT("От"), STR_INIT("差出人"), STR_INIT("发件人"),
		STR_INIT("Sender"), STR_INIT("Absender"), STR_INIT("Expéditeur"),
		STR_INIT("Mittente"), STR_INIT("Remitente"), STR_INIT("Remetente"),
		STR_INIT("Afzender"), STR_INIT("Nadawca"), STR_INIT("Отправитель"),
		STR_INIT("Odesílatel"), STR_INIT("Odosielateľ"), STR_INIT("Avsändare"),
		STR_INIT("Avsender"), STR_INIT("Afsender"), STR_INIT("Feladó"),
		STR_INIT("Gönderen"), STR_INIT("Kimden"), STR_INIT("Saatja"), STR_INIT("Sūtītājs"),
		STR_INIT("Siuntėjas"), STR_INIT("Nuo"), STR_INIT("Expeditor"), STR_INIT("De la"),
		STR_INIT("Відправник"), STR_INIT("Від"), STR_INIT("Αποστολέας"), STR_INIT("Από"),
		STR_INIT("送信者"), STR_INIT("发件者"), STR_INIT("寄件者"), STR_INIT("寄件人"),
		STR_INIT("보낸사람"), STR_INIT("보낸 사람"), STR_INIT("No"), STR_INIT("Šalje"),
		STR_INIT("Pošiljatelj"), STR_INIT("من"), STR_INIT("المرسل"), STR_INIT("מאת"),
		STR_INIT("Từ"), STR_INIT("Người gửi"), STR_INIT("จาก"), STR_INIT("Dari"),
		STR_INIT("Pengirim"), STR_INIT("Шаље"), STR_INIT("Пошиљалац"), STR_INIT("Подател"),
		STR_INIT("Изпращач"), STR_INIT("Enviat per"), STR_INIT("Desde"),
		STR_INIT("De part de"), STR_INIT("Frá"), STR_INIT("Dal"), STR_INIT("Mittent"),
		STR_INIT("از"), STR_INIT("प्रेषक"), STR_INIT("Daripada"), STR_INIT("Od koho")};
	return str_is_among(bare_name(name), names, sizeof names / sizeof *names);
}

bool
text_is_to_name(struct str name)
{
	static const struct str names[] = {STR_INIT("To"), STR_INIT("An"), STR_INIT("À"),
		STR_INIT("A"), STR_INIT("Para"), STR_INIT("Aan"), STR_INIT("Do"), STR_INIT("Till"),
		STR_INIT("Til"), STR_INIT("Komu"), STR_INIT("Кому"), STR_INIT("Címzett"),
		STR_INIT("Kime"), STR_INIT("Kam"), STR_INIT("Către"), STR_INIT("Προς"),
		STR_INIT("Saaja"), STR_INIT("Vastaanottaja"), STR_INIT("Gavėjas"), STR_INIT("宛先"),
		STR_INIT("收件人"), STR_INIT("收件者"), STR_INIT("받는사람"), STR_INIT("받는 사람"),
		STR_INIT("Prima"), STR_INIT("Za"), STR_INIT("До"), STR_INIT("Към"),
		STR_INIT("Коме"), STR_INIT("За"), STR_INIT("إلى"), STR_INIT("אל"), STR_INIT("Đến"),
		STR_INIT("Tới"), STR_INIT("ถึง"), STR_INIT("Kepada"), STR_INIT("Untuk"),
		STR_INIT("Per a"), STR_INIT("Pour"), STR_INIT("Adressaat"), STR_INIT("Pre"),
		STR_INIT("به")};
	return str_is_among(bare_name(name), names, sizeof names / sizeof *names);
}

bool
text_is_subject_name(struct str name)
{
	static const struct str names[] = {STR_INIT("Subject"), STR_INIT("Betreff"),
		STR_INIT("Objet"), STR_INIT("Oggetto"), STR_INIT("Asunto"), STR_INIT("Assunto"),
		STR_INIT("Onderwerp"), STR_INIT("Emne"), STR_INIT("Ämne"), STR_INIT("Aihe"),
		STR_INIT("Temat"), STR_INIT("Předmět"), STR_INIT("Tárgy"), STR_INIT("Konu"),
		STR_INIT("Subiect"), STR_INIT("Teema"), STR_INIT("Θέμα"), STR_INIT("Тема"),
		STR_INIT("件名"), STR_INIT("主题"), STR_INIT("主旨"), STR_INIT("제목"),
		STR_INIT("Predmet"), STR_INIT("Zadeva"), STR_INIT("Относно"), STR_INIT("Предмет"),
		STR_INIT("Наслов"), STR_INIT("Tēma"), STR_INIT("Temats"), STR_INIT("Tema"),
		STR_INIT("Assumpte"), STR_INIT("الموضوع"), STR_INIT("נושא"), STR_INIT("Chủ đề"),
		STR_INIT("Tiêu đề"), STR_INIT("เรื่อง"), STR_INIT("Subjek"), STR_INIT("Perihal"),
		STR_INIT("Efni"), STR_INIT("Sujet"), STR_INIT("موضوع"), STR_INIT("विषय"),
		STR_INIT("標題"), STR_INIT("主題"), STR_INIT("Naslov"), STR_INIT("Betrifft")};
	return str_is_among(bare_name(name), names, sizeof names / sizeof *names);
}
