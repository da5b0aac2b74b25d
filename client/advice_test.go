package client

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"paceline/queue"
)

// What is told of the advice, each figure by itself.
func TestDecodeAdvice(t *testing.T) {
	ms := func(n int) Opt[time.Duration] { return Some(time.Duration(n) * time.Millisecond) }
	full := `{"at":"2025-01-07T20:00:00.000Z","overMs":3480000,"requests":812,"outOf":6000,"users":14,"account":"50 requests\u001b[2J a minute","assumed":true,
		"bindsNow":"input tokens","binds":"requests","p50Ms":9000,"p95Ms":31000,"refused":12,"measuredP95Ms":29400,"cannotTell":"a storm\u001b[2J","spared":{"failed":212,"lost":3,"costP95Ms":1800},
		"remedies":[{"kind":"tier","what":"the Build\u202e tier","note":"dear","p50Ms":300,"p95Ms":4100,"refused":0},7,{"kind":"key"},{"what":" "},{"what":"bare"}],
		"published":{"users":"5-15","advice":["watch\n","",7,"quotas"],"verdict":"manageable"}}`
	for _, c := range []struct {
		what, advice string
		want         *Advice
	}{
		{"all", full, &Advice{
			At: Some(time.Date(2025, 1, 7, 20, 0, 0, 0, time.UTC)), Over: Some(58 * time.Minute), Requests: Some[int64](812), OutOf: Some[int64](6000), Users: Some(14),
			Account: Some("50 requests a minute"), Assumed: Some(true), BindsNow: Some("input tokens"), Binds: Some("requests"),
			P50: ms(9000), P95: ms(31000), Refused: Some[int64](12), MeasuredP95: ms(29400), CannotTell: Some("a storm"), Spared: &Spared{Some[int64](212), Some[int64](3), ms(1800)},
			Remedies: List[Remedy]{
				{Some("tier"), "the Build tier", Some("dear"), ms(300), ms(4100), Some[int64](0)},
				{What: "bare"},
			},
			Published: PublishedAdvice{Some("5-15"), List[string]{"watch ", "quotas"}, Some("manageable")},
		}},
		{"nothing", `{}`, &Advice{}},
		{"null", `null`, nil},
		{"another type", `[1]`, nil},
		{"another type inside", `{"at":7,"overMs":"1","requests":"2","users":[],"account":1,"assumed":"yes","bindsNow":{},"p95Ms":true,"remedies":{},"published":[],"cannotTell":7,"spared":[]}`, &Advice{}},
		{"null inside", `{"at":null,"p95Ms":null,"measuredP95Ms":null,"remedies":null,"published":null}`, &Advice{}},
		{"negative", `{"overMs":-1,"requests":-1,"users":-1,"p50Ms":-1,"p95Ms":-1,"refused":-1,"measuredP95Ms":-1}`, &Advice{}},
		{"absurd", `{"at":"0001-01-01T00:00:00Z","overMs":1e300,"requests":1e13,"users":1.5,"p95Ms":1e12,"refused":1e999,"spared":{"failed":-1,"lost":3}}`, &Advice{Spared: &Spared{Lost: Some[int64](3)}}},
		{"empty words", `{"account":"","bindsNow":"","binds":" ","cannotTell":" ","published":{"users":"","advice":[],"verdict":""}}`, &Advice{Published: PublishedAdvice{Advice: List[string]{}}}},
		{"odd remedy", `{"remedies":[{"what":"w","note":7,"p50Ms":-1,"p95Ms":"x","refused":0.5}]}`, &Advice{Remedies: []Remedy{{What: "w"}}}},
	} {
		if got := decoded(t, `{"detail":{"advice":`+c.advice+`}}`).Detail.Advice; !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", c.what, got, c.want)
		}
	}
	for body, told := range map[string]bool{`{}`: false, `{"advice":null}`: true, `{"advice":{}}`: true, `{"advice":[]}`: false, `{"advice":"x"}`: false} {
		check(t, body+": advice is told of", decoded(t, `{"detail":`+body+`}`).Detail.OffersAdvice, told)
	}
}

func TestDecodeBoundsAdvice(t *testing.T) {
	list := func(row string) string { return "[" + strings.Repeat(row+",", 999) + row + "]" }
	a := decoded(t, fmt.Sprintf(`{"detail":{"advice":{"remedies":%s,"published":{"advice":%s}}}}`, list(`{"what":"w"}`), list(`"a"`))).Detail.Advice
	check(t, "remedies", len(a.Remedies), 20)
	check(t, "published", len(a.Published.Advice), 10)
}

// The first that helps is the best: the order is the endpoint's.
func TestBestRemedy(t *testing.T) {
	r := func(what string, p95 time.Duration, refused int64) Remedy {
		return Remedy{What: what, P95: Some(p95), Refused: Some(refused)}
	}
	for _, c := range []struct {
		name     string
		remedies []Remedy
		want     string
	}{
		{"none", nil, ""},
		{"shorter", []Remedy{r("a", 9*time.Second, 50)}, "a"},
		{"the first of two", []Remedy{r("a", 9*time.Second, 5), r("b", time.Second, 0)}, "a"},
		{"longer", []Remedy{r("a", 11*time.Second, 0), r("b", 9*time.Second, 5)}, "b"},
		{"the same", []Remedy{r("a", 10*time.Second, 5)}, ""},
		{"the same, fewer refused", []Remedy{r("a", 10*time.Second, 4)}, "a"},
		{"the same, more refused", []Remedy{r("a", 10*time.Second, 6)}, ""},
		{"unknown", []Remedy{{What: "a"}, {What: "b", Refused: Some[int64](0)}}, ""},
		{"refused unknown", []Remedy{{What: "a", P95: Some(10 * time.Second)}}, ""},
	} {
		a := &Advice{P95: Some(10 * time.Second), Refused: Some[int64](5), Remedies: c.remedies}
		got, ok := a.Best()
		check(t, c.name, got.What, c.want)
		check(t, c.name+": there is one", ok, c.want != "")
		if _, ok := (&Advice{Refused: Some[int64](99), Remedies: append(c.remedies, r("at once", 0, 0))}).Best(); ok {
			t.Errorf("%s: the best, though nothing is known of what is now", c.name)
		}
	}
}

// What the endpoint cannot tell, or what is far from what it measured, promises nothing.
func TestDoubt(t *testing.T) {
	sec := func(n int) Opt[time.Duration] { return Some(time.Duration(n) * time.Second) }
	const apart = "the p95 wait was 19 s, and computed it would be 0 s"
	for _, c := range []struct {
		name string
		a    Advice
		want string
	}{
		{"nothing is known", Advice{}, ""},
		{"the endpoint says so", Advice{CannotTell: Some("a storm"), P95: sec(9), MeasuredP95: sec(9)}, "a storm"},
		{"they agree", Advice{P95: sec(19), MeasuredP95: sec(20)}, ""},
		{"measured more", Advice{P95: sec(0), MeasuredP95: sec(19)}, apart},
		{"measured less: many wait still", Advice{P95: sec(60), MeasuredP95: sec(19)}, "the p95 wait was 19 s, and computed it would be 1 min 00 s"},
		{"nothing measured", Advice{P95: sec(60)}, ""},
		{"nothing computed", Advice{MeasuredP95: sec(60)}, ""},
	} {
		check(t, c.name, c.a.Doubt(), c.want)
		c.a.Remedies = List[Remedy]{{What: "a", P95: sec(-1)}}
		_, ok := c.a.Best()
		check(t, c.name+": there is a best", ok, c.want == "" && c.a.P95.Known)
	}
}

// Of the server's troubles the words are cleaned, and few are kept.
func TestTroubles(t *testing.T) {
	one := `{"part":"ad\u001b[2Jvice","reason":"a map\nis nil","at":"2025-01-07T20:00:00.000Z","count":3}`
	d := decoded(t, `{"detail":{"troubles":[`+one+`,7,{"reason":"of nothing"},{"part":"log","reason":5,"at":"x","count":-1}]}}`).Detail
	check(t, "troubles", fmt.Sprintf("%+v", d.Troubles), fmt.Sprintf("%+v", []Trouble{
		{"advice", Some("a map is nil"), Some(time.Date(2025, 1, 7, 20, 0, 0, 0, time.UTC)), Some[int64](3)},
		{Part: "log"},
	}))
	check(t, "too many", len(decoded(t, `{"detail":{"troubles":[`+strings.Repeat(one+",", 99)+one+`]}}`).Detail.Troubles), 32)
	check(t, "none", decoded(t, `{"detail":{"troubles":null}}`).Detail.Troubles == nil, true)
}

// Where the published pace holds those who wait, and the account has room, the pace is the first
// remedy, whatever else was computed to help; never a purchase.
func TestNothingIsBoughtWhereTheSpacingBinds(t *testing.T) {
	remedy := func(kind string, seconds int) Remedy {
		return Remedy{Kind: Some(kind), What: kind, P95: Some(time.Duration(seconds) * time.Second)}
	}
	for _, c := range []struct {
		name     string
		binds    string
		free     []Balance // of 1000
		remedies List[Remedy]
		want     string
	}{
		{"the spacing", queue.BlockedBySpacing, []Balance{360, 400}, List[Remedy]{remedy("tier", 1), remedy("adaptive", 2)}, "adaptive"},
		{"the spacing, and no pace helps", queue.BlockedBySpacing, []Balance{360}, List[Remedy]{remedy("tier", 1)}, ""},
		{"the spacing, and a limit is used up", queue.BlockedBySpacing, []Balance{360, 10}, List[Remedy]{remedy("tier", 1), remedy("adaptive", 2)}, "tier"},
		{"the spacing, and no limit is told", queue.BlockedBySpacing, nil, List[Remedy]{remedy("tier", 1), remedy("adaptive", 2)}, "tier"},
		{"a limit", "requests", []Balance{360}, List[Remedy]{remedy("tier", 1), remedy("adaptive", 2)}, "tier"},
	} {
		d := Detail{Binds: &Binding{Lane: "a", Kind: c.binds}, Lanes: List[Lane]{{Name: "a"}}, Advice: &Advice{P95: Some(30 * time.Second), Remedies: c.remedies}}
		for _, free := range c.free {
			d.Lanes[0].Limits = append(d.Lanes[0].Limits, Limit{PerMinute: Some[int64](1000), Free: Some(free)})
		}
		if best, _ := d.BestRemedy(); best.Kind.Value != c.want {
			t.Errorf("%s: got %q, want %q", c.name, best.Kind.Value, c.want)
		}
	}
}

// Where one user's requests are the cause, nothing else is offered, unless nobody would start
// sooner without them.
func TestNothingIsBoughtForOneUser(t *testing.T) {
	for _, c := range []struct {
		name        string
		cancelHelps Opt[bool]
		over        bool
		offered     bool
	}{
		{"a user is the cause", Some(true), false, false},
		{"an older endpoint says so", Opt[bool]{}, false, false},
		{"to cancel helps nobody", Some(false), false, true},
		{"it is over", Some(true), true, true},
	} {
		d := Detail{
			Crowd:    &Crowd{CancelHelps: c.cancelHelps},
			Findings: List[Finding]{{Level: Warning, Row: queue.RowWaits, User: "anna", Over: Some(c.over)}},
			Advice:   &Advice{P95: Some(30 * time.Second), Remedies: List[Remedy]{{What: "a", P95: Some(time.Second)}}},
		}
		_, ok := d.BestRemedy()
		check(t, c.name, ok, c.offered)
	}
}
