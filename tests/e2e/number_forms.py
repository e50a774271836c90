"""One caller's number in the forms that carriers in North America send it, and in others."""

NUMBER = "+16515550142"

FORMS = {
    "sip:+16515550142@{here}": "+16515550142",
    "sip:16515550142@{here}": "16515550142",
    "sip:6515550142@{here}": "6515550142",
    "sip:+16515550142@{here};user=phone": "+16515550142",
    "sip:6515550142@{here};user=phone;transport=udp": "6515550142",
    "sip:01116515550142@{here}": "01116515550142",
    "sip:%2B16515550142@{here}": "+16515550142",
    "sip:+1-651-555-0142@{here}": "+1-651-555-0142",
    "sip:(651)555-0142@{here}": "(651)555-0142",
    "sip:651.555.0142@{here}": "651.555.0142",
    "sip:+16515550142;verstat=TN-Validation-Passed@{here}": (
        "+16515550142;verstat=TN-Validation-Passed"
    ),
    "sip:+16515550142;npdi;rn=+16515550000@{here};user=phone": (
        "+16515550142;npdi;rn=+16515550000"
    ),
    "sip:6515550142;npdi@{here}": "6515550142;npdi",
    "sip:16515550142;cpc=payphone;oli=27@{here}": "16515550142;cpc=payphone;oli=27",
    "sip:6515550142;phone-context=+1@{here};user=phone": "6515550142;phone-context=+1",
    "sips:+16515550142@{here}": "+16515550142",
    "tel:+16515550142": "tel:+16515550142",
    "tel:+1-651-555-0142": "tel:+1-651-555-0142",
    "tel:6515550142;phone-context=+1": "tel:6515550142;phone-context=+1",
    "tel:+16515550142;verstat=TN-Validation-Passed": (
        "tel:+16515550142;verstat=TN-Validation-Passed"
    ),
}
"""Each From URI with the number that it tells, as Asterisk or the wire hands it on."""

OTHER_FORMS = {
    "sip:0016515550142@{here}": "0016515550142",
    "sip:+16515550142;ext=5@{here}": "+16515550142;ext=5",
    "sip:+16515550142;odd=1@{here}": "+16515550142;odd=1",
    "sip:+16515550142;phone-context=+1@{here}": "+16515550142;phone-context=+1",
    "sip:6515550142;phone-context=+44@{here}": "6515550142;phone-context=+44",
    "sip:16515550142x@{here}": "16515550142x",
    "sip:5550142@{here}": "5550142",
    "sip:0116515550142@{here}": "0116515550142",
}
"""Not that number to either side: 00 dials abroad elsewhere, an extension is another caller."""

NAMELESS = ("sip:{here}", "sip:anonymous@anonymous.invalid", "sip:Restricted@{here}")
