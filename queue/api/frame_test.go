package api

import (
	"strings"
	"testing"

	"paceline/queue"
)

// A frame is encoded once for all who see the same of it, and for nobody who sees less.
func TestFramesAreEncodedOnceForAGroup(t *testing.T) {
	q, err := queue.New(queue.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	r := busy()
	r.Detail.Users = []queue.User{{Name: "ann", Group: "red"}, {Name: "bob", Group: "blue"}}
	s, f := New(q, Options{}), &frame{id: 1, report: r, known: true}
	of := map[string]encodedFrame{}
	for _, viewer := range []string{"red", "blue", "red", "blue"} {
		e := f.encode(s, frameView{viewer: queue.Viewer{OwnOnly: true, Group: viewer}, since: allEvents, zip: true})
		if before, ok := of[viewer]; ok && (&before.text[0] != &e.text[0] || &before.deflated[0] != &e.deflated[0]) {
			t.Errorf("%s: encoded twice", viewer)
		}
		of[viewer] = e
		text := string(e.text)
		if strings.Contains(text, `"ann"`) != (viewer == "red") || strings.Contains(text, `"bob"`) != (viewer == "blue") || !strings.Contains(text, `"another user"`) {
			t.Errorf("%s: got %s", viewer, text)
		}
	}
	if len(f.encoded) != 2 || r.Detail.Users[0].Name != "ann" {
		t.Errorf("got %d encodings, and %+v in the report, want 2 and all names", len(f.encoded), r.Detail.Users)
	}
}
