package client

import "encoding/json"

// Name is what somebody or something at the endpoint is called: a user, a request. It shows
// cleaned, and goes back to the endpoint as it came: cleaned it might be nobody's, or somebody
// else's. Equal names are equal as they came.
type Name struct{ raw string }

// NameOf returns the name that is written so, as it is.
func NameOf(s string) Name { return Name{s} }

// String returns the name for the screen, see [Clean].
func (n Name) String() string { return Clean(n.raw) }

// IsZero reports whether it is no name.
func (n Name) IsZero() bool { return n.raw == "" }

// read implements [reader].
func (n *Name) read(v any, _ tags) { n.raw, _ = v.(string) }

// MarshalJSON implements json.Marshaler: it writes the name for the screen.
func (n Name) MarshalJSON() ([]byte, error) { return json.Marshal(n.String()) }
