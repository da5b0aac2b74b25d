package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"paceline/client"
	"paceline/queue"
	"paceline/ui/cli/command"

	"github.com/spf13/cobra"
)

// reportProgram returns a program that has only the command report.
func reportProgram(a *command.App) *cobra.Command {
	root := &cobra.Command{Use: "paceline"}
	root.AddCommand(Command(a))
	return root
}

// runReport returns what paceline report says of a recording.
func runReport(t *testing.T, recording string, flags ...string) (out, said string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = command.Execute(t.Context(), append([]string{"report", "-"}, flags...),
		command.Streams{In: strings.NewReader(recording), Out: &stdout, Err: &stderr}, nil, reportProgram)
	return stdout.String(), stderr.String(), code
}

// What an endpoint says cannot break out of its cell, call somebody, or reach the
// terminal as more than text.
func TestReportOfHostileTexts(t *testing.T) {
	evil := "\x1b[31m</td>|<script>alert(1)</script>`x` [a](https://evil.example) ![i](x) **b** _c_ @admin #1 \u202e\r\n# Heading \\| $x$ &lt; ~~s~~"
	report := queue.Report{
		Status: "warning", Timestamp: queue.Time{Time: time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)},
		Health: queue.Health{Message: evil, Recommendation: &evil},
		Detail: &queue.Detail{
			Version:  evil,
			Findings: []queue.Finding{{Level: "critical", Message: evil, Recommendation: evil}},
			Advice: &queue.Advice{
				Requests: 1, Users: 1, Account: evil, BindsNow: evil, Binds: evil, P95Ms: 10,
				Remedies:  []queue.Remedy{{Kind: evil, What: evil, Note: evil, P95Ms: 1}},
				Published: queue.PublishedAdvice{Users: evil, Advice: []string{evil}, Verdict: evil},
			},
		},
	}
	for _, doubt := range []string{"", evil} { // then there are no remedies
		report.Detail.Advice.CannotTell = doubt
		checkHostileReport(t, evil, report)
	}
}

// checkHostileReport checks that no mark of a text does anything in the report of an
// answer.
func checkHostileReport(t *testing.T, evil string, report queue.Report) {
	t.Helper()
	body, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	failed, err := json.Marshal(map[string]string{"error": evil, "details": evil, "timestamp": "2026-11-23T14:00:01.000Z"})
	if err != nil {
		t.Fatal(err)
	}
	recording := string(body) + "\n" + string(failed) + "\n"
	out, said, code := runReport(t, recording)
	if code != command.ExitOK || said != "" {
		t.Fatalf("got exit code %d and %q", code, said)
	}
	if doubtful := report.Detail.Advice.CannotTell != ""; strings.Contains(out, "It cannot be told what would help") != doubtful {
		t.Errorf("in doubt: not %v in\n%s", doubtful, out)
	}
	// Every mark of Markdown that is part of a text has a backslash before it.
	unescaped := strings.NewReplacer(`\\`, "", `\<`, "", `\>`, "", `\|`, "", "\\`", "", `\[`, "", `\]`, "", `\!`, "", `\*`, "", `\_`, "", `\#`, "", `\$`, "", `\&`, "", `\~`, "", `\:`, "").Replace(out)
	for _, bad := range []string{"\x1b", "\u202e", "<", "`x", "](", "![", "**b", "_c_", "@admin", "#1", "https://", "$x", "&lt", "~~", "\n# Heading"} {
		if strings.Contains(unescaped, bad) {
			t.Errorf("got %q in the report:\n%s", bad, out)
		}
	}
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "|") && strings.Count(line, "alert") > 0 {
			cells := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
			if cells != 7 && cells != 6 {
				t.Errorf("a row has %d borders, want as many as its head:\n%s", cells, line)
			}
		}
	}
	out, _, _ = runReport(t, recording, "--json")
	if !json.Valid([]byte(out)) || strings.ContainsAny(out, "\x1b\u202e") || strings.Contains(out, `\u001b`) {
		t.Errorf("as JSON: got %s", out)
	}
}

// Every list is there, and what is not known is null.
func TestReportJSONOfLittle(t *testing.T) {
	out, _, code := runReport(t, `{"metrics":{}}`, "--json")
	if code != command.ExitOK {
		t.Fatalf("got exit code %d", code)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"levels", "problems", "moments", "outages", "breaks", "rows"} {
		if _, ok := got[key].([]any); !ok {
			t.Errorf("%s: got %v, want a list", key, got[key])
		}
	}
	for _, key := range []string{"from", "to", "everyMs", "error", "version", "simulated", "advice", "adviceWorst"} {
		if value, ok := got[key]; !ok || value != nil {
			t.Errorf("%s: got %v, %v, want null", key, value, ok)
		}
	}
	if got["verdict"] == nil || got["adviceNot"] == nil || got["answers"] != 1.0 {
		t.Errorf("got %v", got)
	}
}

// Advice that is in doubt promises nothing, and its reason is told like any other text.
func TestReportOfAdviceInDoubt(t *testing.T) {
	const doubt = "others may use the `account`"
	recording := func(advice string) string {
		return `{"status":"warning","timestamp":"2026-11-23T14:00:00Z","metrics":{"totalRequests":9,"successful":9,"failed":0},` +
			`"detail":{"uptimeMs":3600000,"wait":{"count":9,"averageMs":4000,"p50Ms":4000,"p95Ms":7000},"advice":` + advice + "}}\n"
	}
	const remedies = `"remedies":[{"kind":"tier","what":"a higher tier","p95Ms":100}]`
	for _, c := range []struct {
		name, advice string
		want, not    string
	}{
		{"it was said that hardly anybody waits beside a p95 of 7 s", `{"requests":9,"p95Ms":200,"measuredP95Ms":100,"remedies":[]}`,
			"**What would help**: it cannot be told, because the p95 wait was 7.0 s, and computed it would be 0.2 s.", "hardly anybody"},
		{"the server cannot tell", `{"requests":9,"p95Ms":200,"cannotTell":"` + doubt + `","spared":{"failed":2},` + remedies + `}`,
			"It cannot be told what would help, because others may use the \\`account\\`.", "a higher tier"},
		{"an older server", `{"requests":9,"p95Ms":200,"measuredP95Ms":7000,` + remedies + `}`, "it cannot be told, because the p95 wait was 7.0 s", "a higher tier"},
		{"no doubt", `{"requests":900,"p95Ms":7000,"measuredP95Ms":7000,"spared":{"failed":212,"lost":3,"costP95Ms":1800},` + remedies + `}`,
			"**What the queue has spared**: without the queue about 212 of 900 requests would have failed, with it 3 did; it cost 1.8 s at the p95 (computed).", "cannot be told"},
	} {
		out, said, code := runReport(t, recording(c.advice))
		if code != command.ExitOK || !strings.Contains(out, c.want) || strings.Contains(out, c.not) {
			t.Errorf("%s: exit code %d %s, want %q and not %q in\n%s", c.name, code, said, c.want, c.not, out)
		}
	}
}

// Where the server tells no advice, but limits, it is computed with those.
func TestReportComputesWithToldLimits(t *testing.T) {
	var recording strings.Builder
	for i := range 60 {
		fmt.Fprintf(&recording, `{"status":"healthy","timestamp":%q,"metrics":{"totalRequests":%d,"successful":%d,"failed":0,"currentQueueLength":0},`+
			`"detail":{"lanes":[{"name":"idle","limits":[{"kind":"requests","perMinute":9}],"waiting":0},{"name":"busy","waiting":3,"limits":[{"kind":"requests","perMinute":120},{"kind":"input tokens","perMinute":300000},{"kind":"output tokens","perMinute":80000}]}]}}`+"\n",
			time.Date(2026, 11, 23, 14, 0, i, 0, time.UTC).Format(time.RFC3339), 10*i, 10*i)
	}
	out, said, _ := runReport(t, recording.String())
	if !strings.Contains(out, "with the limits that the server told") || !strings.Contains(out, "- Limits: 120 requests, 300,000 input tokens, 80,000 output tokens a minute") {
		t.Errorf("got %s\n%s", said, out)
	}
}

// What an old server does not tell is computed, and said to be assumed.
func TestReportComputesAdvice(t *testing.T) {
	var recording strings.Builder
	for i := range 120 {
		fmt.Fprintf(&recording, `{"status":"healthy","timestamp":%q,"metrics":{"totalRequests":%d,"successful":%d,"failed":0,"averageWaitTime":"100ms","currentQueueLength":%d}}`+"\n",
			time.Date(2026, 11, 23, 14, 0, i, 0, time.UTC).Format(time.RFC3339), 2*i, i, i/10)
	}
	out, said, code := runReport(t, recording.String(), "--tier", "tier1", "--json")
	if code != command.ExitOK {
		t.Fatalf("got exit code %d: %s", code, said)
	}
	var got reportJSON
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	a := got.Advice
	switch {
	case a == nil:
		t.Fatal("got no advice")
	case a.Told, len(a.Assumptions) == 0, !a.Assumed.Value:
		t.Errorf("got told %v, assumptions %v: want it said to be assumed", a.Told, a.Assumptions)
	case a.Requests.Value != 238, a.Users.Value != 12:
		t.Errorf("got %d requests by %d users, want 238 by 12", a.Requests.Value, a.Users.Value)
	case len(a.Remedies) == 0, a.P95.Value == 0:
		t.Errorf("got %+v, want waits and remedies: 120 a minute do not fit the account", a)
	}
	same, _, _ := runReport(t, recording.String(), "--tier", "tier1", "--json")
	if same != out {
		t.Error("the same recording gives another report")
	}
}

// Advice for a queue that is adaptive already does not advise to make it adaptive.
func TestReportComputesWithThePaceOfTheQueue(t *testing.T) {
	for _, pace := range []string{queue.PaceSpaced, queue.PaceAdaptive} {
		settings, err := json.Marshal(queue.DefaultSettings())
		if err != nil {
			t.Fatal(err)
		}
		var recording strings.Builder
		for i := range 120 {
			fmt.Fprintf(&recording, `{"status":"healthy","timestamp":%q,"metrics":{"totalRequests":%d,"successful":%d,"failed":0,"averageWaitTime":"100ms","currentQueueLength":%d},"detail":{"pace":%q,"settings":%s}}`+"\n",
				time.Date(2026, 11, 23, 14, 0, i, 0, time.UTC).Format(time.RFC3339), 2*i, i, i/10, pace, settings)
		}
		out, said, _ := runReport(t, recording.String(), "--tier", "tier1", "--json")
		if advised := strings.Contains(out, `"kind":"adaptive"`); advised != (pace == queue.PaceSpaced) {
			t.Errorf("%s: advised to be adaptive: %v\n%s%s", pace, advised, out, said)
		}
	}
}

// A paceline computes its advice when it is asked: it is asked again.
func TestReportAsksAgainForAdvice(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		advice := "null"
		if asked++; asked > 1 {
			advice = `{"requests":5,"p95Ms":7000}`
		}
		fmt.Fprintf(w, `{"status":"healthy","timestamp":"2026-11-23T14:00:0%dZ","detail":{"advice":%s}}`, asked, advice)
	}))
	defer server.Close()
	var out, said bytes.Buffer
	code := command.Execute(t.Context(), []string{"report", server.URL, "--json", "--interval", "500ms"}, command.Streams{In: strings.NewReader(""), Out: &out, Err: &said}, nil, reportProgram)
	var got reportJSON
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || code != command.ExitOK {
		t.Fatalf("got %v, exit code %d: %s", err, code, said.String())
	}
	if asked != 2 || got.Answers != 1 || got.Advice == nil || !got.Advice.Told || got.Advice.P95.Value.Milliseconds() != 7000 {
		t.Errorf("asked %d times, got %s", asked, out.String())
	}
}

func TestMeansAddress(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	if err := os.WriteFile("host:80", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]bool{
		"http://127.0.0.1:3000": true, "https://example.com/app": true, "example.com:3000": true, "localhost": true,
		"127.0.0.1": true, "[::1]:3000/api/queue/metrics": true, "example.com:3000/api": true,
		"-": false, "night.jsonl": false, "some/night.jsonl": false, folder: false, "host:80": false, "a.b": false,
	} {
		if got := isAddress(word); got != want {
			t.Errorf("%s: got %v, want %v", word, got, want)
		}
	}
}

// A recording is read with its older half, the older first.
func TestReportReadsTheOlderHalf(t *testing.T) {
	name := filepath.Join(t.TempDir(), "night.jsonl")
	line := func(second int) string {
		return fmt.Sprintf(`{"status":"healthy","timestamp":"2026-11-23T14:00:%02dZ","metrics":{"totalRequests":%d}}`, second, second)
	}
	for path, text := range map[string]string{name: line(3) + "\n" + line(4), name + client.RotatedSuffix: line(1) + "\n" + line(2)[:40]} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, said bytes.Buffer
	if code := command.Execute(t.Context(), []string{"report", name, "--json"}, command.Streams{In: strings.NewReader(""), Out: &out, Err: &said}, nil, reportProgram); code != command.ExitOK {
		t.Fatalf("got exit code %d: %s", code, said.String())
	}
	var got reportJSON
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Source != "night.jsonl and night.jsonl.1" || got.Answers != 3 || got.Skipped != 1 || got.Backward != 0 || *got.Requests.During.Accepted != 3 {
		t.Errorf("got %s", out.String())
	}
}

func TestEscaped(t *testing.T) {
	for s, want := range map[string]string{
		"plain text (6 waiting), 95.7%": "plain text (6 waiting), 95.7%",
		"- a\x1b[31m\nb":                `\- a b`,
		"see https://example.com":       `see https\://example.com`,
		"a|b*c_d`e<f>":                  "a\\|b\\*c\\_d\\`e\\<f\\>",
	} {
		if got := escape(s); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
	for s, want := range map[string]string{"night.jsonl": "`night.jsonl`", "a`b": "a\\`b", "a\nb": "`a b`"} {
		if got := quote(s); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
}
