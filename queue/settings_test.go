package queue

import (
	"reflect"
	"testing"
	"unicode/utf8"
)

// Each row has a name, words and a place of its own, and its words fit where they are
// shown.
func TestSettingsAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range SettingTable() {
		for _, word := range []string{row.Name, "wire " + row.Path(), row.Does, row.Effect} {
			if word == "" || seen[word] {
				t.Errorf("%s: %q is empty or used twice", row.Name, word)
			}
			seen[word] = true
		}
		if n := utf8.RuneCountInString(row.Does); n > 33 {
			t.Errorf("%s: %q takes %d cells, there are 33", row.Name, row.Does, n)
		}
		changed := DefaultSettings()
		row.Set(&changed, row.High)
		for _, other := range SettingTable() {
			if differs := other.Value(changed) != other.Default; differs != (other.Name == row.Name) {
				t.Errorf("a change of %s changes %s: %v", row.Name, other.Name, differs)
			}
		}
	}
}

// Every field of the settings has its row, but for what decides the pace, and whether it is off.
func TestEverySettingHasARow(t *testing.T) {
	fields := reflect.TypeFor[Settings]().NumField() - len([]string{"Adaptive", "Off", "Thresholds"}) + reflect.TypeFor[Thresholds]().NumField()
	if got := len(SettingTable()); got != fields {
		t.Errorf("got %d rows, want one for each of %d fields", got, fields)
	}
}

// The least and the greatest value are valid, the ones beyond are not; a setting with
// a floor is not below it.
func TestSettingsKeepTheirRange(t *testing.T) {
	for _, row := range SettingTable() {
		low, high := row.Range(DefaultSettings().named)
		for v, valid := range map[float64]bool{low: true, high: true, low - 1: false, high + 1: false} {
			s := DefaultSettings()
			row.Set(&s, v)
			if got := row.Value(s); got != v {
				t.Errorf("%s: set to %v, got %v", row.Name, v, got)
			}
			if err := s.Validate(); (err == nil) != valid {
				t.Errorf("%s is %v: valid %v, want %v: %v", row.Name, v, err == nil, valid, err)
			}
		}
	}
}
