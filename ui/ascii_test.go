package ui

import (
	"slices"
	"testing"
)

func TestASCIIOnlyKeepsTheCells(t *testing.T) {
	for in, want := range map[string]string{
		"user_123":                 "user_123",
		"\x1b[31m界é\x1b[m":         "\x1b[31m???\x1b[m",
		"1.5 s → 1.6 s":            "1.5 s > 1.6 s",
		"≥45s":                     ">45s",
		"the user’s – “x” ≤ 3 · 4": "the user's - \"x\" < 3 | 4",
	} {
		if got := asciiOnly(in); got != want || width(got) != width(in) {
			t.Errorf("%q: got %q (%d cells), want %q (%d)", in, got, width(got), want, width(in))
		}
	}
}

// Each glyph of ASCII has one meaning among figures, plots and texts.
func TestASCIIGlyphsDiffer(t *testing.T) {
	g := asciiGlyphs()
	approx, median, threshold := g.approx, string(g.plot['·']), string(g.thresholdRune)
	marks := []string{g.ellipsis, approx, median, threshold, string(g.empty), string(g.outageRune), string(g.shadeRune), g.pointer, g.dot}
	slices.Sort(marks)
	if once := slices.Compact(slices.Clone(marks)); len(once) != len(marks) {
		t.Errorf("one of %q has two meanings", marks)
	}
	for _, level := range slices.Concat(g.spark[1:], g.heat) {
		if slices.Contains([]string{approx, median, threshold, string(g.shadeRune)}, level) {
			t.Errorf("%q is also a level", level)
		}
	}
	if string(g.plot['╌']) != threshold || string(g.plot['░']) != string(g.shadeRune) {
		t.Error("the plot and its legend differ")
	}
}
