package cli

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"paceline/ui/cli/command"

	"github.com/spf13/cobra"
)

// repositoryRoot is the folder of the repository.
var repositoryRoot = filepath.Join("..", "..")

// longestReadme is how many lines README.md may have: what is more belongs to the
// page of a room.
const longestReadme = 150

// A markdownPage is a file of Markdown, without what stands in its blocks of code.
type markdownPage struct {
	file  string // its path from the root, with slashes
	text  string
	lines int
}

// markdownLink finds the target of a link: an address, a file, or a heading.
var markdownLink = regexp.MustCompile(`\]\(([^()\s]+)\)`)

// readPages returns all pages of the repository, those in .github too.
func readPages(t *testing.T) map[string]markdownPage {
	t.Helper()
	pages := map[string]markdownPage{}
	err := filepath.WalkDir(repositoryRoot, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata"):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(repositoryRoot, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		pages[name] = markdownPage{name, prose(string(text)), strings.Count(string(text), "\n")}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// prose returns a page's lines outside of blocks of code, be they fenced or
// indented.
func prose(text string) string {
	var b strings.Builder
	fenced := false
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(strings.TrimSpace(line), "```"):
			fenced = !fenced
		case !fenced && !strings.HasPrefix(line, "    "):
			b.WriteString(line)
		}
	}
	return b.String()
}

// anchors returns the names of a page's headings, as GitHub makes them.
func (p markdownPage) anchors() map[string]bool {
	names := map[string]bool{}
	for line := range strings.Lines(p.text) {
		heading := strings.TrimLeft(line, "#")
		if heading != line && strings.HasPrefix(heading, " ") {
			names[anchor(strings.TrimSpace(heading))] = true
		}
	}
	return names
}

// anchor is the name of a heading: in lower case, without punctuation, with a
// dash for each space.
func anchor(heading string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == ' ':
			return '-'
		case unicode.IsLetter(c), unicode.IsDigit(c), c == '-', c == '_':
			return unicode.ToLower(c)
		default:
			return -1
		}
	}, heading)
}

// broken says what is wrong with a link of a page, empty if it leads somewhere.
// What has a scheme is not looked at.
func broken(pages map[string]markdownPage, from markdownPage, target string) string {
	u, err := url.Parse(target)
	switch {
	case err != nil:
		return err.Error()
	case u.Scheme != "":
		return ""
	}
	file := from.file
	if u.Path != "" {
		file = filepath.ToSlash(filepath.Join(filepath.Dir(from.file), filepath.FromSlash(u.Path)))
	}
	if _, err := os.Stat(filepath.Join(repositoryRoot, filepath.FromSlash(file))); err != nil {
		return "there is no file " + file
	}
	if u.Fragment == "" {
		return ""
	}
	to, ok := pages[file]
	if !ok {
		return file + " has no headings"
	}
	if !to.anchors()[u.Fragment] {
		return file + " has no heading #" + u.Fragment
	}
	return ""
}

func TestLinksOfPagesLeadSomewhere(t *testing.T) {
	pages := readPages(t)
	for _, p := range pages {
		links := markdownLink.FindAllStringSubmatch(p.text, -1)
		for _, found := range links {
			if problem := broken(pages, p, found[1]); problem != "" {
				t.Errorf("%s links to %s: %s", p.file, found[1], problem)
			}
		}
		if p.file == "README.md" && len(links) < 10 {
			t.Errorf("README.md: got %d links, want one to each room", len(links))
		}
	}
}

func TestABrokenLinkIsFound(t *testing.T) {
	from := markdownPage{file: "ui/README.md", text: "# ui\n## What it costs\n"}
	pages := map[string]markdownPage{from.file: from, "queue/README.md": {file: "queue/README.md", text: prose("# queue\n```\n# code\n```\n## A `code`, and more\n")}}
	for _, c := range []struct {
		target string
		ok     bool
	}{
		{"https://example.com/nothing", true},
		{"../queue/README.md", true},
		{"../queue", true},
		{"../queue/NOTHING.md", false},
		{"queue/README.md", false},
		{"#what-it-costs", true},
		{"#what-it-cost", false},
		{"../queue/README.md#a-code-and-more", true},
		{"../queue/README.md#code", false},
		{"../main.go#main", false},
	} {
		if problem := broken(pages, from, c.target); (problem == "") != c.ok {
			t.Errorf("%s: got %q, want found %v", c.target, problem, c.ok)
		}
	}
}

func TestREADMEIsShort(t *testing.T) {
	if got := readPages(t)["README.md"].lines; got == 0 || got > longestReadme {
		t.Errorf("README.md has %d lines, want 1 to %d", got, longestReadme)
	}
}

func TestREADMEOfTheCommandsHasThemAll(t *testing.T) {
	text := readPages(t)["ui/cli/README.md"].text
	var look func(*cobra.Command)
	look = func(c *cobra.Command) {
		if path := "`" + c.CommandPath() + "`"; !c.Hidden && !strings.Contains(text, path) {
			t.Errorf("ui/cli/README.md: %s is missing", path)
		}
		for _, below := range c.Commands() {
			look(below)
		}
	}
	look(newRoot(&command.App{}))
}
