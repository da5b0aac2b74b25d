package sim

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// page is a list in the API's JSON.
type page[T any] struct {
	Data    []T     `json:"data"`
	HasMore bool    `json:"has_more"`
	FirstID *string `json:"first_id"`
	LastID  *string `json:"last_id"`
}

// pageOf returns the part of a list that a query asks for with limit, after_id and
// before_id. what is the name of its elements, id the ID of one, and info how the API
// shows it.
func pageOf[T, I any](query url.Values, all []T, what string, id func(T) string, info func(T) I) (page[I], *problem) {
	limit, p := limitOf(query)
	if p != nil {
		return page[I]{}, p
	}
	after, before := query.Get("after_id"), query.Get("before_id")
	at := func(of string) int { return slices.IndexFunc(all, func(v T) bool { return id(v) == of }) }
	from, to := 0, len(all)
	if after != "" {
		if from = at(after) + 1; from == 0 {
			return page[I]{}, invalid("after_id: no such " + what)
		}
	}
	if before != "" {
		if to = at(before); to < 0 {
			return page[I]{}, invalid("before_id: no such " + what)
		}
	}
	from = min(from, to)
	list := page[I]{Data: []I{}, HasMore: to-from > limit}
	if before != "" {
		from = max(from, to-limit)
	} else {
		to = min(to, from+limit)
	}
	for _, v := range all[from:to] {
		list.Data = append(list.Data, info(v))
	}
	if to > from {
		first, last := id(all[from]), id(all[to-1])
		list.FirstID, list.LastID = &first, &last
	}
	return list, nil
}

// limitOf returns how many elements a query asks for at most.
func limitOf(query url.Values) (int, *problem) {
	s := query.Get("limit")
	if s == "" {
		return 20, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 1000 {
		return 0, invalid("limit: Input should be from 1 to 1000")
	}
	return n, nil
}

// cut returns the beginning of a text of a client, for an error.
func cut(s string) string {
	const enough = 100 // bytes
	return strings.ToValidUTF8(s[:min(len(s), enough)], "")
}
