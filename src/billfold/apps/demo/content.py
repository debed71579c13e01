"""What is in the demo. Every person, picture and organisation here is invented."""

from dataclasses import dataclass, field

from billfold.adapters.store.records import Support
from billfold.adapters.store.type_definition import (
    AttributeValue,
    CredentialTypeDefinition,
    FieldDefinition,
    Kind,
    Look,
)


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A person with attributes; *photo* names a picture of this package; *holds* are slugs of Cred types."""

    name: str
    attributes: dict[str, AttributeValue]
    holds: tuple[str, ...]
    groups: tuple[str, ...] = ()
    photo: str | None = None


@dataclass(frozen=True, slots=True)
class DemoTemplate:
    """What is asked for: fields of the type *accepts* of *issuer*; *wants* says of each whether it is required."""

    slug: str
    names: dict[str, str]
    purposes: dict[str, str]
    issuer: str
    accepts: str
    type: CredentialTypeDefinition
    wants: dict[str, bool]
    keep_result_s: int = 600


@dataclass(frozen=True, slots=True)
class DemoStaff:
    """Somebody who may sign in."""

    email: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class DemoOrganisation:
    """An organisation; *logo*, and *art* by Cred type, name pictures of this package."""

    slug: str
    name: str
    roles: tuple[str, ...]
    logo: str
    background_color: str
    support: Support
    staff: tuple[DemoStaff, ...]
    types: dict[str, CredentialTypeDefinition] = field(default_factory=dict)
    art: dict[str, str] = field(default_factory=dict)
    people: tuple[DemoPerson, ...] = ()
    templates: tuple[DemoTemplate, ...] = ()
    try_it: str | None = None


def _name() -> FieldDefinition:
    return FieldDefinition("name", {"en": "Name", "de": "Name"}, source="person_name", required=True)


def _attribute(
    claim: str, en: str, de: str, *, kind: Kind = "text", many: bool = False, required: bool = False
) -> FieldDefinition:
    return FieldDefinition(claim, {"en": en, "de": de}, "attribute", kind=kind, many=many, required=required)


def _photo() -> FieldDefinition:
    return _attribute("photo", "Photo", "Foto", kind="image")


def _date_of_birth() -> FieldDefinition:
    return _attribute("date_of_birth", "Date of birth", "Geburtsdatum", kind="date")


EMPLOYEE_BADGE = CredentialTypeDefinition(
    names={"en": "Employee badge", "de": "Mitarbeiterausweis"},
    descriptions={
        "en": "Shows that you work at Northwind Robotics.",
        "de": "Zeigt, dass Sie bei Northwind Robotics arbeiten.",
    },
    purposes={
        "en": "To enter the building, and to prove to others where you work.",
        "de": "Um ins Gebäude zu kommen, und um anderen zu zeigen, wo Sie arbeiten.",
    },
    places={
        "en": "At the reception, and where staff get a better price, as at Harbour Sports Club.",
        "de": "Am Empfang, und wo Beschäftigte weniger zahlen, etwa im Harbour Sports Club.",
    },
    fields=(
        _name(),
        FieldDefinition(
            "employer",
            {"en": "Employer", "de": "Arbeitgeber"},
            source="fixed",
            fixed="Northwind Robotics",
            required=True,
        ),
        _attribute("staff_number", "Staff number", "Personalnummer"),
        _attribute("team", "Team", "Team"),
        _date_of_birth(),
        _photo(),
    ),
    look=Look("#2b3474", "#ffffff"),
)

PARKING_PERMIT = CredentialTypeDefinition(
    names={"en": "Parking permit", "de": "Parkausweis"},
    descriptions={
        "en": "Lets your car into the company's car park.",
        "de": "Öffnet Ihrem Auto den Parkplatz der Firma.",
    },
    purposes={"en": "To park while you work.", "de": "Um während der Arbeit zu parken."},
    places={"en": "At the barriers of all decks.", "de": "An den Schranken aller Parkdecks."},
    fields=(
        _attribute("plate", "Plate", "Kennzeichen", required=True),
        _attribute("zone", "Zone", "Zone"),
    ),
    look=Look("#f3bb41", "#1f1b17"),
    validity_days=180,
)

STUDENT_CARD = CredentialTypeDefinition(
    names={"en": "Student card", "de": "Studierendenausweis"},
    descriptions={
        "en": "Shows that you study at Lakeside University.",
        "de": "Zeigt, dass Sie an der Lakeside University studieren.",
    },
    purposes={
        "en": "To sit exams, to borrow books, and to pay less where students do.",
        "de": "Um Prüfungen abzulegen, Bücher auszuleihen und weniger zu zahlen, wo Studierende das tun.",
    },
    places={
        "en": "In the libraries, in the exam halls and at the ticket counters of the town.",
        "de": "In den Bibliotheken, in den Prüfungssälen und an den Schaltern der Stadt.",
    },
    fields=(
        _name(),
        _attribute("student_number", "Student number", "Matrikelnummer", required=True),
        _date_of_birth(),
        _photo(),
        _attribute("studies.programme", "Programme", "Studiengang"),
        _attribute("studies.semester", "Semester", "Semester", kind="number"),
        _attribute("studies.full_time", "Full time", "Vollzeit", kind="boolean"),
        _attribute("libraries", "Libraries", "Bibliotheken", many=True),
    ),
    look=Look("#0f5a4c", "#ffffff"),
)

TEST_LAB = DemoTemplate(
    slug="test-lab",
    names={"en": "Test lab visit", "de": "Besuch im Testlabor"},
    purposes={
        "en": "To show you round the test lab as a student.",
        "de": "Um Sie als Studierende durch das Testlabor zu führen.",
    },
    issuer="lakeside",
    accepts="student-card",
    type=STUDENT_CARD,
    wants={"name": True, "student_number": True, "photo": False, "studies.programme": False},
)

TRY_BADGE = DemoTemplate(
    slug="try-badge",
    names={"en": "Try your badge", "de": "Ausweis ausprobieren"},
    purposes={
        "en": "To try your badge once. Nothing is kept.",
        "de": "Um Ihren Ausweis einmal auszuprobieren. Nichts wird gespeichert.",
    },
    issuer="northwind",
    accepts="employee-badge",
    type=EMPLOYEE_BADGE,
    wants={"name": True, "team": False, "photo": False},
    keep_result_s=0,
)

STAFF_RATE = DemoTemplate(
    slug="staff-rate",
    names={"en": "Staff rate", "de": "Firmentarif"},
    purposes={
        "en": "To give you the staff rate of your employer.",
        "de": "Um Ihnen den Firmentarif Ihres Arbeitgebers zu geben.",
    },
    issuer="northwind",
    accepts="employee-badge",
    type=EMPLOYEE_BADGE,
    wants={"name": True, "employer": True, "photo": False, "team": False, "date_of_birth": False},
)

NORTHWIND = DemoOrganisation(
    slug="northwind",
    name="Northwind Robotics",
    roles=("issuer", "requester"),
    logo="logo-northwind.png",
    background_color="#2b3474",
    support=Support("people@northwind.example", "+44 20 7946 0112", None),
    staff=(
        DemoStaff("owner@northwind.example", "Helena Brandt", "owner"),
        DemoStaff("support@northwind.example", "Sofia Oliveira", "support"),
    ),
    types={"employee-badge": EMPLOYEE_BADGE, "parking-permit": PARKING_PERMIT},
    art={"employee-badge": "card-northwind-badge.jpeg", "parking-permit": "card-northwind-permit.jpeg"},
    people=(
        DemoPerson(
            "Amara Okafor",
            {
                "staff_number": "NR-20418",
                "team": "Motion control",
                "date_of_birth": "1994-03-12",
                "plate": "LK 482 XM",
                "zone": "B, north deck",
            },
            ("employee-badge", "parking-permit"),
            ("staff", "drivers"),
            "person-amara.png",
        ),
        DemoPerson(
            "Jonas Lindqvist",
            {"staff_number": "NR-20377", "team": "Field service", "date_of_birth": "1988-11-02"},
            ("employee-badge",),
            ("staff",),
            "person-jonas.png",
        ),
        DemoPerson(
            "Mei Tanaka",
            {"staff_number": "NR-20455", "team": "Vision", "plate": "HB 117 TK", "zone": "A"},
            ("employee-badge", "parking-permit"),
            ("staff", "drivers"),
            "person-mei.png",
        ),
        DemoPerson("Tomás Alvarado", {"staff_number": "NR-20460"}, ("employee-badge",), ("staff", "interns")),
    ),
    templates=(TEST_LAB, TRY_BADGE),
    try_it="try-badge",
)

LAKESIDE = DemoOrganisation(
    slug="lakeside",
    name="Lakeside University",
    roles=("issuer",),
    logo="logo-lakeside.png",
    background_color="#0f5a4c",
    support=Support("card-office@lakeside.example", "+44 20 7946 0245", None),
    staff=(
        DemoStaff("owner@lakeside.example", "Ines Marchetti", "owner"),
        DemoStaff("support@lakeside.example", "Karim Haddad", "support"),
    ),
    types={"student-card": STUDENT_CARD},
    art={"student-card": "card-lakeside-student.jpeg"},
    people=(
        DemoPerson(
            "Amara Okafor",
            {
                "student_number": "2114906",
                "date_of_birth": "1994-03-12",
                "programme": "Control engineering",
                "semester": 3,
                "full_time": False,
                "libraries": ["Main", "Engineering"],
            },
            ("student-card",),
            ("students",),
            "person-amara.png",
        ),
        DemoPerson(
            "Leyla Demir",
            {
                "student_number": "2115033",
                "date_of_birth": "2003-07-29",
                "programme": "Marine biology",
                "semester": 5,
                "full_time": True,
                "libraries": ["Main"],
            },
            ("student-card",),
            ("students",),
            "person-leyla.png",
        ),
        DemoPerson(
            "Tomás Alvarado", {"student_number": "2115120"}, ("student-card",), ("students",), "person-tomas.png"
        ),
    ),
)

HARBOUR = DemoOrganisation(
    slug="harbour",
    name="Harbour Sports Club",
    roles=("requester",),
    logo="logo-harbour.png",
    background_color="#a02f22",
    support=Support("desk@harbour.example", None, None),
    staff=(
        DemoStaff("owner@harbour.example", "Piet Verhoeven", "owner"),
        DemoStaff("support@harbour.example", "Ruth Lindgren", "support"),
    ),
    templates=(STAFF_RATE,),
)
