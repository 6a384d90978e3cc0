"""What the booking page says in German."""

from shared.api.texts_language import Language

PAGE = {
    "page.title": "Termin buchen",
    "page.skip": "Zum Inhalt",
    "page.language": "Sprache",
    "page.loading": "Wird geladen …",
    "page.failed": (
        "Das konnte nicht geladen werden. Bitte prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal."
    ),
    "page.unknown": ("Es kam noch keine Antwort; wir wissen nicht, ob gebucht ist. Wir fragen noch einmal …"),
    "page.unanswered": (
        "Wir konnten nicht erfahren, ob gebucht ist. Bitte klicken Sie noch einmal: Doppelt gebucht wird nie."
    ),
    "page.unanswered.plain": (
        "Erscheint keine Bestätigung, gehen Sie zurück und klicken Sie noch einmal: Doppelt gebucht wird nie."
    ),
    "page.sorry": "Das hat nicht geklappt",
    "page.again": "Einen weiteren Termin buchen",
    "page.retry": "Noch einmal versuchen",
    "page.update": "Aktualisieren",
    "page.previous": "Früher:",
    "page.next": "Später:",
    "service.choose": "Leistung wählen",
    "service.change": "Andere Leistung wählen",
    "service.none": "Zurzeit kann hier nichts gebucht werden.",
    "service.group": "Gruppe bis {n} Personen",
    "service.online": "online",
    "price.free": "kostenlos",
    "price.priceVaries": "Preis je nach Aufwand",
    "price.callUs": "Preis auf Anfrage",
    "price.startingAt": "ab {amount}",
    "price.hourly": "{amount} pro Stunde",
    "unit.days": "{n} T.",
    "unit.hours": "{n} Std.",
    "unit.minutes": "{n} Min.",
    "staff.label": "Bei wem?",
    "staff.anyone": "Wer gerade frei ist",
    "staff.with": "bei {name}",
    "zone.label": "Zeitzone",
    "zone.same": "Alle Zeiten sind Ortszeit von {city}.",
    "zone.other": (
        "Die Zeiten gelten in Ihrer Zone, {city}. Das Geschäft liegt in einer anderen: klein steht die "
        "Zeit in {there}."
    ),
    "day.choose": "Tag wählen",
    "day.free": "{n} freie Zeiten",
    "day.free.one": "1 freie Zeit",
    "day.none": "In diesem Monat ist keine Zeit frei.",
    "date": "{weekday}, {day}. {month} {year}",
    "date.first": "{weekday}, {day}. {month} {year}",
    "date.month": "{month} {year}",
    "time.choose": "Uhrzeit wählen",
    "time.change": "Andere Zeit wählen",
    "time.label": "Uhrzeit",
    "time.none": "An diesem Tag ist keine Zeit mehr frei.",
    "time.others": "Diese Zeiten sind frei. Bitte wählen Sie eine:",
    "time.in": "{time} in {city}",
    "time.full": "{date} um {time} Uhr (Zeit in {city})",
    "seats": "noch {n} Plätze",
    "seats.one": "noch 1 Platz",
    "details.title": "Ihre Angaben",
    "details.book": "Jetzt buchen",
    "field.name": "Name",
    "field.email": "E-Mail-Adresse",
    "field.phone": "Telefonnummer",
    "field.phone.hint": "Mit Landesvorwahl, zum Beispiel +49 30 12345678",
    "field.notes": "Anmerkungen",
    "field.optional": "(freiwillig)",
    "field.street": "Straße",
    "field.city": "Ort",
    "field.state": "Bundesland oder Provinz",
    "field.postalCode": "Postleitzahl",
    "field.country": "Land oder Region",
    "field.sms": "SMS zu diesem Termin erhalten",
    "field.trap": "Dieses Feld leer lassen",
    "human.checking": "Wir prüfen, dass Sie kein Roboter sind …",
    "human.script": "Dieses Formular prüft, ob ein Mensch es ausfüllt. Dafür wird JavaScript gebraucht.",
    "human.call": (
        "Dieses Formular prüft, ob ein Mensch es ausfüllt. Dafür wird JavaScript gebraucht. Sie können "
        "auch anrufen: {phone}."
    ),
    "errors.title": "Bitte prüfen Sie das noch einmal",
    "errors.item": "{field}: {text}",
    "errors.prefix": "Fehler:",
    "confirmed.title": "Ihr Termin ist gebucht",
    "confirmed.text": "Vielen Dank. Eine Bestätigung ist auf dem Weg zu Ihrer E-Mail-Adresse.",
    "confirmed.service": "Leistung",
    "confirmed.when": "Wann",
    "confirmed.staff": "Bei",
    "confirmed.reference": "Buchungsnummer",
    "confirmed.join": "Online-Besprechung",
    "confirmed.join.link": "An der Besprechung teilnehmen",
    "confirmed.calendar": "In den Kalender eintragen",
    "pending.title": "Ihr Termin wird noch bestätigt",
    "pending.text": "Wir haben Ihre Anfrage, aber der Kalender hat noch nicht geantwortet.",
    "pending.advice": (
        "Bitte buchen Sie nicht noch einmal. Behalten Sie die Buchungsnummer; diese Seite zeigt in "
        "wenigen Minuten das Ergebnis."
    ),
    "pending.check": "Noch einmal nachsehen",
    "failed.title": "Der Termin konnte nicht gebucht werden",
    "failed.text": "Es wurde nichts gebucht. Bitte buchen Sie noch einmal.",
    "cancelled.title": "Dieser Termin ist abgesagt",
    "cancelled.text": "Er findet nicht statt.",
}

CODES = {
    "body-unreadable": "Das Formular konnte nicht gelesen werden. Bitte füllen Sie es noch einmal aus.",
    "header-invalid": "Das Formular konnte nicht gelesen werden. Bitte füllen Sie es noch einmal aus.",
    "human-check-failed": (
        "Wir konnten nicht feststellen, dass Sie kein Roboter sind. Bitte noch einmal versuchen."
    ),
    "human-check-unavailable": (
        "Die Prüfung gegen Roboter geht gerade nicht. Bitte versuchen Sie es in einer Minute."
    ),
    "booking-token-invalid": "Diese Buchung gibt es nicht, oder der Link ist unvollständig.",
    "business-not-found": "Dieses Geschäft gibt es nicht.",
    "service-not-found": "Diese Leistung gibt es nicht mehr. Bitte wählen Sie eine andere.",
    "staff-not-found": "Diese Person ist nicht mehr da. Bitte wählen Sie jemand anderen.",
    "booking-not-found": "Diese Buchung gibt es nicht.",
    "booking-conflict": "Diese Zeit kann nicht mehr gebucht werden. Bitte wählen Sie eine andere.",
    "slot-busy": "Jemand bucht gerade diese Zeit. Versuchen Sie es noch einmal oder wählen Sie eine andere.",
    "idempotency-key-in-flight": (
        "Ihre Buchung wird bearbeitet. Bitte warten Sie kurz und versuchen es dann erneut."
    ),
    "body-too-large": "Das ist zu viel Text. Bitte kürzen Sie ihn.",
    "target-too-long": "Die Adresse dieser Seite ist zu lang.",
    "media-type-unsupported": (
        "Das Formular konnte nicht gelesen werden. Bitte füllen Sie es noch einmal aus."
    ),
    "fields-invalid": "Das ist nicht gültig. Bitte prüfen Sie es.",
    "booking-rules-broken": "Das kann nicht gebucht werden. Bitte wählen Sie eine andere Zeit.",
    "idempotency-key-reused": (
        "Dieses Formular wurde schon mit anderen Angaben gesendet. Bitte laden Sie die Seite neu."
    ),
    "too-many-requests": "Von Ihnen kamen zu viele Anfragen. Bitte warten Sie kurz und versuchen es erneut.",
    "upstream-throttled": (
        "Gerade ist viel los. Bitte versuchen Sie es gleich noch einmal; gebucht ist noch nichts."
    ),
    "internal-error": "Bei uns ging etwas schief. Versuchen Sie es noch einmal; doppelt gebucht wird nicht.",
    "not-booked": "Das hat nicht geklappt, und es wurde nichts gebucht. Bitte versuchen Sie es noch einmal.",
    "upstream-refused": "Buchen geht zurzeit nicht. Bitte wenden Sie sich an das Geschäft.",
    "upstream-unavailable": (
        "Der Kalender ist nicht erreichbar. Versuchen Sie es erneut; doppelt gebucht wird nicht."
    ),
    "store-unavailable": (
        "Buchen geht gerade nicht. Versuchen Sie es noch einmal; doppelt gebucht wird nicht."
    ),
    "too-soon": "Diese Zeit ist zu nah oder vorbei. Bitte wählen Sie eine spätere.",
    "too-far": "Diese Zeit liegt zu weit in der Zukunft. Bitte wählen Sie eine frühere.",
    "outside-business-hours": "Zu dieser Zeit ist geschlossen. Bitte wählen Sie eine andere.",
    "service-not-bookable": "Diese Leistung gibt es an diesem Tag nicht. Bitte wählen Sie einen anderen.",
    "outside-service-hours": "Diese Leistung gibt es zu dieser Zeit nicht. Bitte wählen Sie eine andere.",
    "off-grid": "Zu dieser Zeit beginnen keine Termine. Bitte wählen Sie eine andere.",
    "wrong-duration": "Der Termin hat nicht die Länge der Leistung. Bitte wählen Sie eine andere Zeit.",
    "nonexistent-local-time": (
        "Diese Zeit fällt bei der Umstellung auf Sommerzeit aus. Bitte wählen Sie eine andere."
    ),
    "ambiguous-local-time": (
        "Diese Zeit gibt es bei der Umstellung auf Winterzeit zweimal. Bitte wählen Sie sie aus der Liste."
    ),
    "service-hidden": "Diese Leistung wird nicht angeboten. Bitte wählen Sie eine andere.",
    "service-without-staff": "Zurzeit bietet niemand diese Leistung an. Bitte wählen Sie eine andere.",
    "staff-selection-not-allowed": "Bei dieser Leistung kann niemand Bestimmtes gewählt werden.",
    "staff-not-of-service": "Diese Person bietet diese Leistung nicht an. Bitte wählen Sie jemand anderen.",
    "staff-not-active": "Diese Person kann zurzeit nicht gebucht werden. Bitte wählen Sie jemand anderen.",
    "answer-required": "Bitte beantworten Sie diese Frage.",
    "question-unknown": "Diese Frage gehört nicht zu dieser Leistung.",
    "answer-not-an-option": "Bitte wählen Sie eine der Antworten.",
    "answer-too-long": "Diese Antwort ist zu lang. Bitte kürzen Sie sie.",
    "outside-staff-hours": "Zu dieser Zeit arbeitet niemand. Bitte wählen Sie eine andere.",
    "staff-out-of-office": "Zu dieser Zeit ist niemand da. Bitte wählen Sie eine andere.",
    "slot-taken": "Jemand war schneller: Diese Zeit ist vergeben. Bitte wählen Sie eine andere.",
    "staff-not-free": (
        "Diese Person ist dann vergeben. Bitte wählen Sie eine andere Zeit oder jemand anderen."
    ),
    "full": "Jemand war schneller: Alle Plätze sind vergeben. Bitte wählen Sie eine andere Zeit.",
    "staff-busy": "Zu dieser Zeit ist niemand verfügbar. Bitte wählen Sie eine andere.",
    "buffer-collision": "Diese Zeit liegt zu nah an einem anderen Termin. Bitte wählen Sie eine andere.",
    "already-booked": "Sie haben in diesem Termin schon einen Platz.",
    "too-late-to-cancel": "Zum Absagen ist es hier zu spät. Bitte rufen Sie uns an.",
    "unknown-time-zone": "Diese Zeitzone ist nicht bekannt. Bitte wählen Sie eine aus der Liste.",
    "range-reversed": "Diese Tage können nicht gezeigt werden.",
    "range-too-long": "So viele Tage können nicht auf einmal gezeigt werden.",
    "range-in-the-past": "Diese Tage sind vorbei.",
    "range-too-far": "Diese Tage liegen zu weit in der Zukunft.",
    "missing": "Bitte füllen Sie dieses Feld aus.",
    "email": "Bitte geben Sie eine E-Mail-Adresse wie name@example.com ein.",
    "phone": "Bitte geben Sie die Nummer mit Landesvorwahl ein, zum Beispiel +49 30 12345678.",
    "string-too-long": "Das ist zu lang. Bitte kürzen Sie es.",
    "string-pattern-mismatch": "Das enthält Zeichen, die nicht erlaubt sind. Bitte entfernen Sie sie.",
    "datetime-parsing": "Das ist kein Datum mit Uhrzeit. Bitte wählen Sie eine Zeit aus der Liste.",
    "timezone-aware": "Diese Zeit hat keine Zeitzone. Bitte wählen Sie eine Zeit aus der Liste.",
    "answered-twice": "Diese Frage wurde zweimal beantwortet.",
    "field-repeated": (
        "Dieses Formular hat dasselbe Feld zweimal. Bitte sagen Sie es dem Betreiber der Website."
    ),
    "file-refused": "Dateien werden nicht angenommen. Bitte schreiben Sie nur Text.",
    "extra-forbidden": (
        "Dieses Formular hat ein unbekanntes Feld. Bitte sagen Sie es dem Betreiber der Website."
    ),
    "return-url-refused": (
        "Zu dieser Website können wir Sie nicht zurückschicken. Buchen können Sie trotzdem."
    ),
}

GERMAN = Language(
    tag="de",
    name="Deutsch",
    weekdays=("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    short_weekdays=("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    months=("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
            "November", "Dezember"),
    texts={**PAGE, **{f"code.{code}": text for code, text in CODES.items()}},
)  # fmt: skip
