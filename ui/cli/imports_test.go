package cli_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rooms says who may import whom. A room is a folder of Go code; beside the
// standard library it may import what its row names, and nothing else. A folder
// without a row is no room. "x/..." is x and everything below it.
//
// Tests may import everything that is not banned.
var rooms = []struct {
	room    string
	imports []string
}{
	{".", []string{"ui/cli"}},

	// the queue, and what stands beside it
	{"queue", []string{"queue/internal/...", "queue/human"}},
	{"queue/internal/...", nil},
	{"queue/human", nil},
	{"queue/price", nil},
	{"queue/sse", nil},
	{"queue/access", []string{"queue", "queue/internal/apierror", "queue/internal/urlpath", "github.com/gofrs/flock"}},
	{"queue/api", []string{"queue", "queue/human", "queue/internal/urlpath", "queue/sse", "github.com/prometheus/client_golang/..."}},
	{"queue/gateway", []string{"queue", "queue/internal/apierror", "queue/internal/urlpath", "queue/price", "queue/sse", "github.com/klauspost/compress/zstd"}},
	{"queue/state", []string{"queue", "github.com/gofrs/flock"}},
	{"queue/sim", []string{"queue", "queue/price", "queue/sse"}},
	{"queue/replay", []string{"queue", "queue/human", "queue/sim", "golang.org/x/time/rate"}},
	{"queue/advice", []string{"queue", "queue/human", "queue/internal/window", "queue/sim", "queue/replay"}},
	{"queue/pipe", nil},

	// what looks at a queue from outside
	{"client", []string{"queue", "queue/human", "queue/sse"}},
	{"client/loadtest", []string{"queue", "queue/human", "queue/sse", "client", "github.com/HdrHistogram/hdrhistogram-go"}},
	{"client/report", []string{"queue", "queue/human", "client"}},

	// the screen knows a client.Source, not what stands behind it
	{"ui", []string{"queue", "queue/human", "client", "charm.land/...", "github.com/charmbracelet/...", "github.com/guptarohit/asciigraph"}},

	// the command line wires all of them together
	{"ui/cli/...", []string{"..."}},
}

// forTests is imported by tests alone, of every room.
const forTests = "queue/pipe"

// banned is imported by nobody, tests included.
var banned = map[string]string{
	"github.com/charmbracelet/bubbletea/...": "version 1: use charm.land/bubbletea/v2",
	"github.com/charmbracelet/bubbles/...":   "version 1: use charm.land/bubbles/v2",
	"github.com/charmbracelet/lipgloss/...":  "version 1: use charm.land/lipgloss/v2",
	"charm.land/lipgloss/v2/compat":          "it reads the environment of the process, which is wrong over SSH",
	"log":                                    "use log/slog",
}

const module = "paceline"

// refusal says why a file of a folder may not import a package; empty if it may.
func refusal(folder, path string, test bool) string {
	for pattern, why := range banned {
		if matches(pattern, path) {
			return why
		}
	}
	name, ours := strings.CutPrefix(path, module+"/")
	first, _, _ := strings.Cut(path, "/")
	switch standard := !ours && path != module && !strings.Contains(first, "."); {
	case standard || test:
		return ""
	case name == forTests:
		return "it serves tests only"
	}
	for _, row := range rooms {
		if !matches(row.room, folder) {
			continue
		}
		for _, pattern := range row.imports {
			if matches(pattern, name) {
				return ""
			}
		}
		return "the row of " + row.room + " does not name it"
	}
	return "no row names the folder " + folder
}

// matches reports whether a path is the one of a pattern, or below it where the
// pattern ends in "...".
func matches(pattern, path string) bool {
	root, open := strings.CutSuffix(pattern, "...")
	if root = strings.TrimSuffix(root, "/"); path == root || !open {
		return path == root
	}
	return root == "" || strings.HasPrefix(path, root+"/")
}

func TestTheRulesOfImports(t *testing.T) {
	for _, c := range []struct {
		folder, path string
		may          bool
	}{
		{".", "paceline/ui/cli", true},
		{".", "paceline/queue", false},
		{"queue", "encoding/json", true},
		{"queue", "golang.org/x/time/rate", false},
		{"queue", "paceline/client", false},
		{"queue", "paceline/queue/internal/limiter", true},
		{"queue", "paceline/queue/sim", false},
		{"queue/internal/limiter", "math", true},
		{"queue/internal/limiter", "paceline/queue", false},
		{"queue/internal/limiter", "golang.org/x/time/rate", false},
		{"queue/gateway", "paceline/queue/internal/limiter", false},
		{"queue/gateway", "paceline/queue/pipe", false},
		{"queue/gateway", "charm.land/lipgloss/v2", false},
		{"queue/access", "paceline/queue", true},
		{"queue/access", "paceline/queue/api", false},
		{"queue/access", "github.com/prometheus/client_golang/prometheus", false},
		{"queue/api", "github.com/prometheus/client_golang/prometheus", true},
		{"queue/api", "github.com/spf13/cobra", false},
		{"queue/sim", "paceline/queue/api", false},
		{"queue/advice", "paceline/queue/replay", true},
		{"queue/advice", "paceline/queue/gateway", false},
		{"client", "paceline/queue/sim", false},
		{"client", "paceline/queue/pipe", false},
		{"client/loadtest", "paceline/client", true},
		{"client/loadtest", "paceline/ui", false},
		{"client/anything", "paceline/queue", false},
		{"ui", "paceline/queue/sim", false},
		{"ui", "paceline/ui/cli", false},
		{"ui", "charm.land/bubbletea/v2", true},
		{"ui", "charm.land/lipgloss/v2/compat", false},
		{"ui", "github.com/charmbracelet/x/ansi", true},
		{"ui", "github.com/charmbracelet/lipgloss", false},
		{"ui", "github.com/charmbracelet/bubbles/table", false},
		{"ui/cli", "paceline/queue/sim", true},
		{"ui/cli", "paceline/queue/pipe", false},
		{"ui/cli", "log", false},
		{"ui/cli/loadtest", "github.com/spf13/cobra", true},
		{"internal/util", "paceline/queue", false},
	} {
		if why := refusal(c.folder, c.path, false); (why == "") != c.may {
			t.Errorf("%s imports %s: got %q, want allowed %v", c.folder, c.path, why, c.may)
		}
	}
	for path, may := range map[string]bool{
		"paceline/queue/pipe":                 true,
		"paceline/ui":                         true,
		"github.com/charmbracelet/bubbletea":  false,
		"github.com/charmbracelet/x/exp/term": true,
		"log":                                 false,
	} {
		if why := refusal("client", path, true); (why == "") != may {
			t.Errorf("a test imports %s: got %q, want allowed %v", path, why, may)
		}
	}
}

func TestImportsKeepToTheRules(t *testing.T) {
	root := filepath.Join("..", "..")
	folders := map[string]bool{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != root && strings.HasPrefix(d.Name(), "."), d.Name() == "testdata":
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(file, ".go"):
			return nil
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		folder := filepath.ToSlash(filepath.Dir(name))
		folders[folder] = true
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if why := refusal(folder, path, strings.HasSuffix(file, "_test.go")); why != "" {
				t.Errorf("%s imports %s: %s", name, path, why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder := range folders {
		if rowsOf(folder) != 1 {
			t.Errorf("%s: got %d rows, want 1", folder, rowsOf(folder))
		}
	}
	for _, row := range rooms {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(folders)), func(folder string) bool { return matches(row.room, folder) }) {
			t.Errorf("%s: it has a row, and no code", row.room)
		}
	}
}

// rowsOf returns how many rows a folder has.
func rowsOf(folder string) (n int) {
	for _, row := range rooms {
		if matches(row.room, folder) {
			n++
		}
	}
	return n
}

func TestNoVersion1OfTheScreenLibraries(t *testing.T) {
	sums, err := os.ReadFile(filepath.Join("..", "..", "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(sums)) {
		path := strings.Fields(line)[0]
		for pattern, why := range banned {
			if matches(pattern, path) {
				t.Errorf("go.sum: got %s; %s", path, why)
			}
		}
	}
}
