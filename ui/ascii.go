package ui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// shown returns text as the terminal can show it.
func (t *theme) shown(text string) string {
	if t.ascii {
		return asciiOnly(text)
	}
	return text
}

// asciiOnly returns text, styled or not, in ASCII and in as many cells: names and messages
// of the network may have other characters.
func asciiOnly(s string) string {
	if isASCII(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		default:
			b.WriteString(asciiFor(r))
		}
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// asciiFor returns what stands for a character: what looks like it, else a question mark in
// each of its cells.
func asciiFor(r rune) string {
	switch r {
	case '–', '—', '−':
		return "-"
	case '‘', '’':
		return "'"
	case '“', '”':
		return `"`
	case '·':
		return "|"
	case '≤', '‹':
		return "<"
	case '→', '›', '≥':
		return ">"
	default:
		return strings.Repeat("?", ansi.StringWidthWc(string(r)))
	}
}
