package queue

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNamedTexts(t *testing.T) {
	both := namedText("Of " + nameIn("red", "ann") + " and " + nameIn("blue", "b\x01\x03ob") + ", too")
	for _, step := range []struct {
		text   namedText
		viewer Viewer
		want   string
	}{
		{both, Viewer{}, `Of ann and b\x01\x03ob, too`},
		{both, Viewer{OwnOnly: true, Group: "red"}, "Of ann and another user, too"},
		{both, Viewer{OwnOnly: true, Group: "blue"}, `Of another user and b\x01\x03ob, too`},
		{both, Viewer{OwnOnly: true, Group: "re"}, "Of another user and another user, too"},
		{both, Viewer{OwnOnly: true}, "Of another user and another user, too"},
		{"no name", Viewer{OwnOnly: true}, "no name"},
		{"", Viewer{OwnOnly: true}, ""},
		{namedText(nameIn("", "ann")), Viewer{OwnOnly: true}, "another user"},
		{namedText(nameIn("re\x02d", "ann")), Viewer{OwnOnly: true, Group: "re"}, "another user"},
		{both[:len("Of \x01red\x02an")], Viewer{OwnOnly: true, Group: "red"}, "Of another user"}, // cut off
		{both[:len("Of \x01red\x02an")], Viewer{}, "Of an"},
		{both[:len("Of \x01re")], Viewer{OwnOnly: true, Group: "re"}, "Of another user"},
	} {
		if got := step.text.seenBy(step.viewer); got != step.want {
			t.Errorf("%q by %+v: got %q, want %q", step.text, step.viewer, got, step.want)
		}
	}
}

// marker is a name that stands wherever a name can.
const marker = "m4rker"

// fill puts the marker into every text of v, and another group into every group.
func fill(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(marker)
		if name == "Group" || name == "Groups" {
			v.SetString("another")
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), name)
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				fill(v.Field(i), field.Name)
			}
		}
	}
	text := namedText("of " + nameIn("another", marker))
	switch of := v.Addr().Interface().(type) {
	case *Finding:
		of.message, of.recommendation = text, text
	case *Slice:
		of.message = text
	}
}

// marked returns where in some JSON the marker is.
func marked(t *testing.T, v any) (paths []string) {
	t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var parsed any
	if err := json.Unmarshal(body, &parsed); err != nil {
		t.Fatal(err)
	}
	var look func(path string, v any)
	look = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, of := range v {
				look(path+"."+key, of)
			}
		case []any:
			for _, of := range v {
				look(path, of)
			}
		case string:
			if strings.Contains(v, marker) {
				paths = append(paths, strings.TrimPrefix(path, "."))
			}
		}
	}
	look("", parsed)
	slices.Sort(paths)
	return paths
}

// nameless are the texts of a report that never name a user. A new text stands here only if
// that is true of it, too.
var nameless = strings.Fields(`
	status metrics.averageWaitTime metrics.successRate
	detail.version detail.pace detail.paceOff.rule detail.cause
	detail.advice.account detail.advice.binds detail.advice.bindsNow detail.advice.cannotTell
	detail.advice.published.advice detail.advice.published.users detail.advice.published.verdict
	detail.advice.remedies.kind detail.advice.remedies.note detail.advice.remedies.what
	detail.binds.kind detail.binds.lane
	detail.capacity.band detail.capacity.expected detail.capacity.feels
	detail.capacity.measured.band detail.capacity.measured.feels
	detail.events.change detail.events.class detail.events.from detail.events.kind detail.events.lane detail.events.to detail.findings.lane
	detail.failures.class
	detail.findings.action detail.findings.level detail.findings.row
	detail.lanes.breaker.class detail.lanes.limits.kind detail.lanes.name detail.lanes.pace detail.lanes.pause detail.lanes.waitsFor
	detail.oldest.lane
	detail.slices.causes.cause detail.slices.failures.class detail.slices.lanes.limits.kind detail.slices.lanes.name detail.slices.level detail.slices.longest.lane
	detail.troubles.part detail.troubles.reason
	detail.users.recent.failed.class
`)

// Whatever stands in a report, a viewer of another group sees no name of it.
func TestReportsNameNobodyToOthers(t *testing.T) {
	var r Report
	fill(reflect.ValueOf(&r).Elem(), "")
	for _, path := range marked(t, r.SeenBy(Viewer{OwnOnly: true, Group: "mine"})) {
		if !slices.Contains(nameless, path) {
			t.Errorf("%s can name a user: mask it in SeenBy, or say in this test that it never does", path)
		}
	}
	if before, after := fmt.Sprint(marked(t, r)), fmt.Sprint(marked(t, r.SeenBy(Viewer{}))); before != after {
		t.Errorf("everybody sees: got %s, want %s", after, before)
	}
	var w WaitingRequest
	fill(reflect.ValueOf(&w).Elem(), "")
	if got := fmt.Sprint(marked(t, w.SeenBy(Viewer{OwnOnly: true, Group: "mine"}))); got != "[aside class lane priority]" {
		t.Errorf("of one that waits: got a name in %s", got)
	}
	own := marked(t, r.SeenBy(Viewer{OwnOnly: true, Group: "another"}))
	for _, path := range []string{"health.message", "health.recommendation", "detail.users.name", "detail.events.user", "detail.events.error",
		"detail.crowd.user", "detail.oldest.user", "detail.oldest.id", "detail.failures.names", "detail.findings.user", "detail.findings.message", "detail.slices.message", "detail.slices.longest.user"} {
		if !slices.Contains(own, path) {
			t.Errorf("%s: its own group does not see it", path)
		}
	}
}

// The past names others to nobody either, also after a restart.
func TestTheHistoryNamesNobodyToOthers(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.result = func(id string, _ int) error { return &Error{Class: ClientError, Err: errors.New(id + " failed")} }
	for range 40 {
		s.add(marker, Request{User: marker, Group: "red"})
	}
	s.add("b", Request{User: "bob", Group: "blue"})
	s.run(120)
	if h := s.m.History(s.now, t0, time.Time{}, 0); fmt.Sprint(marked(t, h)) != fmt.Sprint(marked(t, h.SeenBy(Viewer{}))) {
		t.Error("who sees all does not see all")
	}
	s = s.restarted(30, s.historyState())
	h := s.m.History(s.now, t0, time.Time{}, 0)
	own := fmt.Sprint(marked(t, h.SeenBy(Viewer{OwnOnly: true, Group: "red"})))
	for _, path := range []string{"slices.longest.user", "slices.message", "troubles.user", "troubles.error"} {
		if !strings.Contains(own, path) {
			t.Errorf("%s: its own group does not see it, only %s", path, own)
		}
	}
	for _, viewer := range []Viewer{{OwnOnly: true, Group: "blue"}, {OwnOnly: true}} {
		if paths := marked(t, h.SeenBy(viewer)); len(paths) > 0 {
			t.Errorf("%+v sees names in %v", viewer, paths)
		}
	}
	body, err := json.Marshal(h)
	if err != nil || strings.ContainsAny(string(body), markGroup+markName+markEnd) || strings.Contains(string(body), `\u0001`) || strings.Contains(string(body), `\u0002`) {
		t.Errorf("got marks in %s, %v", body, err)
	}
}
