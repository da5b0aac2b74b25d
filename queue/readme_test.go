package queue

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the table of settings in README.md")

// README's table of settings is the table of settings.
func TestReadmeHasTheSettings(t *testing.T) {
	const file, begin, end = "README.md", "<!-- settings: begin -->\n", "<!-- settings: end -->\n"
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s: the marks of the table are missing", file)
	}
	want := settingsPage()
	switch {
	case got == want:
	case *update:
		if err := os.WriteFile(file, []byte(before+begin+want+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s: got\n%s\nwant\n%s\nrun go test ./queue -update", file, got, want)
	}
}

// settingsPage is the table of settings in Markdown.
func settingsPage() string {
	var b strings.Builder
	b.WriteString("| setting | on the wire | default | range | what it does | more or less of it |\n|---|---|---|---|---|---|\n")
	for _, row := range SettingTable() {
		low, high := written(row, row.Low), written(row, row.High)
		if row.Floor != "" {
			low = row.Floor
		}
		if ceiling := row.Ceiling(); ceiling != "" {
			high = ceiling
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s to %s | %s | %s |\n", row.Name, row.Path(), written(row, row.Default), low, high, row.Does, row.Effect)
	}
	return b.String()
}

// written is a value as a flag takes it.
func written(row Setting, v float64) string {
	if row.Unit == Milliseconds {
		whole := strings.NewReplacer("m0s", "m", "h0m0s", "h")
		return whole.Replace((time.Duration(v) * time.Millisecond).String())
	}
	return fmt.Sprintf("%.10g", v)
}

// README names the subject of each file, once.
func TestReadmeHasEveryFile(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(page), "| subject | files |")
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || file == "doc.go" {
			continue
		}
		if n := strings.Count(list, "]("+file+")"); n != 1 {
			t.Errorf("%s stands %d times in the list of README.md, want once", file, n)
		}
	}
}
