package client

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Name is what somebody or something at the endpoint is called: a user, a request. It shows
// fit for a terminal, and goes back to the endpoint as it came: cleaned it might be nobody's, or somebody
// else's. Equal names are equal as they came.
type Name struct{ raw string }

// NameOf returns the name that is written so, as it is.
func NameOf(s string) Name { return Name{s} }

// String returns the name for the screen, see [Clean]; but what cannot be seen is written as
// its number, so that names that differ in that alone look different: "alice‹200b›".
func (n Name) String() string {
	if isPlainASCII(n.raw) && strings.TrimSpace(n.raw) == n.raw {
		return n.raw
	}
	var b strings.Builder
	// Blanks are seen between these two.
	begin, end := len(n.raw)-len(strings.TrimLeft(n.raw, " ")), len(strings.TrimRight(n.raw, " "))
	symbol := false // characters that are not seen may join two, or say how they look
	for i, r := range n.raw {
		if b.Len() > utf8.UTFMax*maxText {
			break // more is cut off below
		}
		switch _, seen := printableRune(r); {
		case symbol && (r == '\u200d' || unicode.Is(unicode.Variation_Selector, r)):
		case !seen || unicode.Is(unicode.Z, r) && r != ' ' || unicode.IsControl(r) || r == ' ' && (i < begin || i >= end):
			symbol = false
			fmt.Fprintf(&b, "‹%02x›", r)
		default:
			symbol = unicode.In(r, unicode.So, unicode.Sk)
			b.WriteRune(r)
		}
	}
	return Clean(b.String())
}

// IsZero reports whether it is no name.
func (n Name) IsZero() bool { return n.raw == "" }

// nameIn returns the name under a key of an object.
func nameIn(o object, key string) (n Name) {
	n.read(o[key], tags{})
	return n
}

// read implements [reader].
func (n *Name) read(v any, _ tags) { n.raw, _ = v.(string) }

// MarshalJSON implements json.Marshaler: it writes the name for the screen.
func (n Name) MarshalJSON() ([]byte, error) { return json.Marshal(n.String()) }
