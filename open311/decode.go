package open311

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// node is an answer of either format: XML elements, or JSON members and items.
type node struct {
	name, text string
	kids       []*node
}

const maxDepth = 32

var errDepth = errors.New("open311: answer is nested too deeply")

func parse(b []byte) (*node, error) {
	b = bytes.TrimSpace(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")))
	if len(b) > 0 && (b[0] == '[' || b[0] == '{') {
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			return nil, fmt.Errorf("open311: read JSON: %w", err)
		}
		return fromJSON("", v, 0)
	}
	return parseXML(b)
}

func fromJSON(name string, v any, depth int) (*node, error) {
	n := &node{name: name}
	if depth > maxDepth {
		return nil, errDepth
	}
	add := func(name string, v any) error {
		k, err := fromJSON(name, v, depth+1)
		n.kids = append(n.kids, k)
		return err
	}
	switch v := v.(type) {
	case nil:
	case string:
		n.text = v
	case map[string]any:
		for k, e := range v {
			if err := add(k, e); err != nil {
				return nil, err
			}
		}
	case []any:
		for _, e := range v {
			if err := add("", e); err != nil {
				return nil, err
			}
		}
	default:
		n.text = fmt.Sprint(v)
	}
	return n, nil
}

func parseXML(b []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	top := &node{}
	stack := []*node{top}
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("open311: read XML: %w", err)
		}
		last := stack[len(stack)-1]
		switch t := t.(type) {
		case xml.StartElement:
			n := &node{name: t.Name.Local}
			last.kids = append(last.kids, n)
			if stack = append(stack, n); len(stack) > maxDepth {
				return nil, errDepth
			}
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			last.text += string(t)
		}
	}
	if len(top.kids) == 0 {
		return nil, errors.New("open311: answer is empty")
	}
	return top, nil
}

func (n *node) kid(name string) *node {
	for _, k := range n.kids {
		if k.name == name {
			return k
		}
	}
	return &node{}
}

func (n *node) str(name string) string { return strings.TrimSpace(n.kid(name).text) }

func (n *node) yes(name string) bool {
	v := strings.ToLower(n.str(name))
	return v == "true" || v == "1"
}

// time reads a date leniently: some servers leave out the zone, which is then
// taken as UTC.
func (n *node) time(name string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04:05-0700", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, n.str(name)); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// texts reads a list of plain texts.
func (n *node) texts(name string) (out []string) {
	for _, k := range n.kid(name).kids {
		if v := strings.TrimSpace(k.text); v != "" {
			out = append(out, v)
		}
	}
	return out
}

// find gathers the objects that hold a child named key, however they are
// wrapped: a bare array, an object around it, or an object alone.
func (n *node) find(key string) (out []*node) {
	for _, k := range n.kids {
		if k.name == key {
			return []*node{n}
		}
	}
	for _, k := range n.kids {
		out = append(out, k.find(key)...)
	}
	return out
}

// DecodeServices reads a list of services in either format.
func DecodeServices(b []byte) ([]Service, error) {
	top, err := parse(b)
	if err != nil {
		return nil, err
	}
	var out []Service
	for _, n := range top.find("service_code") {
		out = append(out, Service{
			Code: n.str("service_code"), Name: n.str("service_name"), Description: n.str("description"),
			Metadata: n.yes("metadata"), Type: n.str("type"), Keywords: commas(n.str("keywords")), Group: n.str("group"),
			Groups: n.texts("groups"),
		})
	}
	return out, nil
}

// DecodeDefinition reads a service definition in either format.
func DecodeDefinition(b []byte) (Definition, error) {
	top, err := parse(b)
	if err != nil {
		return Definition{}, err
	}
	var d Definition
	for _, n := range top.find("service_code") {
		d.ServiceCode = n.str("service_code")
		for _, a := range n.kid("attributes").find("code") {
			order, _ := strconv.Atoi(a.str("order"))
			at := Attribute{
				Variable: a.yes("variable"), Code: a.str("code"), Datatype: a.str("datatype"), Required: a.yes("required"),
				DatatypeDescription: a.str("datatype_description"), Order: order, Description: a.str("description"),
				Automated: a.str("automated"),
			}
			for _, v := range a.kid("values").find("key") {
				at.Values = append(at.Values, Value{v.str("key"), v.str("name")})
			}
			d.Attributes = append(d.Attributes, at)
		}
	}
	return d, nil
}

// DecodeRequests reads a list of requests in either format.
func DecodeRequests(b []byte) ([]Request, error) {
	top, err := parse(b)
	if err != nil {
		return nil, err
	}
	var out []Request
	for _, n := range top.find("service_request_id") {
		r := Request{
			ID: n.str("service_request_id"), Status: strings.ToLower(n.str("status")), StatusNotes: n.str("status_notes"),
			ServiceName: n.str("service_name"), ServiceCode: n.str("service_code"), Description: n.str("description"),
			Agency: n.str("agency_responsible"), Notice: n.str("service_notice"), Requested: n.time("requested_datetime"),
			Updated: n.time("updated_datetime"), Expected: n.time("expected_datetime"), Address: n.str("address"),
			AddressID: n.str("address_id"), Zipcode: n.str("zipcode"), MediaURL: n.str("media_url"),
		}
		lat, err1 := strconv.ParseFloat(n.str("lat"), 64)
		long, err2 := strconv.ParseFloat(n.str("long"), 64)
		if err1 == nil && err2 == nil {
			r.Position = &Position{lat, long}
		}
		out = append(out, r)
	}
	return out, nil
}

// DecodeUpdates reads a list of updates in either format.
func DecodeUpdates(b []byte) ([]Update, error) {
	top, err := parse(b)
	if err != nil {
		return nil, err
	}
	var out []Update
	for _, n := range top.find("update_id") {
		out = append(out, Update{
			ID: n.str("update_id"), RequestID: n.str("service_request_id"), Status: n.str("status"), Updated: n.time("updated_datetime"),
			Description: n.str("description"), MediaURL: n.str("media_url"),
		})
	}
	return out, nil
}

// DecodeDiscovery reads a discovery document in either format.
func DecodeDiscovery(b []byte) (Discovery, error) {
	top, err := parse(b)
	if err != nil {
		return Discovery{}, err
	}
	var d Discovery
	for _, n := range top.find("endpoints") {
		d = Discovery{Changeset: n.time("changeset"), Contact: n.str("contact"), KeyService: n.str("key_service")}
		for _, e := range n.kid("endpoints").find("url") {
			d.Endpoints = append(d.Endpoints, Endpoint{
				Specification: e.str("specification"), URL: e.str("url"), Changeset: e.time("changeset"), Type: e.str("type"), Formats: e.texts("formats"),
			})
		}
	}
	return d, nil
}

// DecodeAnswer reads the answer to a sent request or a token look-up.
func DecodeAnswer(b []byte) (Answer, error) {
	top, err := parse(b)
	if err != nil {
		return Answer{}, err
	}
	for _, n := range append(top.find("service_request_id"), top.find("token")...) {
		return Answer{n.str("service_request_id"), n.str("token"), n.str("service_notice"), n.str("account_id")}, nil
	}
	return Answer{}, errors.New("open311: answer has neither service_request_id nor token")
}

func decodeFaults(b []byte) (out []Fault) {
	top, err := parse(b)
	if err != nil {
		return nil
	}
	for _, n := range top.find("description") {
		out = append(out, Fault{n.str("code"), n.str("description")})
	}
	return out
}
