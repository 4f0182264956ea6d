package sms

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

// The octets are put together by hand from the tables of the specification.
func TestSubmissionsAreWrittenAsSpecified(t *testing.T) {
	s := submission{
		source: numbered{Numbering{TON: 5}, "Ashar"}, dest: numbered{international, "996555123456"},
		class: 0x40, registered: 1, coding: 8, text: []byte{5, 0, 3, 7, 2, 1, 0x04, 0xaf},
	}
	got := pdu{command: cmdSubmit, sequence: 2, body: s.body()}.octets()
	want := strings.Join([]string{
		"0000003a 00000004 00000000 00000002", // command_length, command_id, command_status, sequence_number
		"00",                                  // service_type
		"05 00 417368617200",                  // source
		"01 01 39393635353531323334353600",    // destination
		"40 00 00 00 00 01 00 08 00",          // esm_class … sm_default_msg_id
		"08 050003070201 04af",                // sm_length, header of the part, ү
	}, "")
	if hex.EncodeToString(got) != strings.ReplaceAll(want, " ", "") {
		t.Errorf("got  %x\nwant %s", got, want)
	}
	s.payload, s.class, s.text = true, 0, []byte{0x04, 0xaf}
	if got := hex.EncodeToString(s.body()); !strings.HasSuffix(got, "0800"+"00"+"0424"+"0002"+"04af") {
		t.Errorf("got %s", got)
	}
}

func TestReceiptsAreRead(t *testing.T) {
	cases := []struct {
		name    string
		text    string
		options map[uint16][]byte
		want    receipt
	}{
		{
			"text", "id:c449ab9744f47b6af1879e49e75e4f40 sub:001 dlvrd:001 submit date:0610191018 done date:0610191018 stat:DELIVRD err:000 text:Your",
			nil,
			receipt{"c449ab9744f47b6af1879e49e75e4f40", Delivered, ""},
		},
		{"text that quotes", "id:7 stat:UNDELIV err:011 Text:id:8 stat:DELIVRD", nil, receipt{"7", Failed, "UNDELIV 011"}},
		{"small letters", "ID:7 STAT:delivrd", nil, receipt{"7", Delivered, ""}},
		{"on its way", "id:7 stat:ENROUTE", nil, receipt{"7", "", ""}},
		{
			"parameters before text", "id:9 stat:ENROUTE",
			map[uint16][]byte{tagReceiptedMessageID: []byte("7\x00"), tagMessageState: {8}, tagNetworkErrorCode: {3, 1, 2}},
			receipt{"7", Failed, "REJECTD 3/258"},
		},
		{"parameters alone", "", map[uint16][]byte{tagReceiptedMessageID: []byte("7\x00"), tagMessageState: {2}}, receipt{"7", Delivered, ""}},
	}
	for _, c := range cases {
		got, err := readReceipt(delivery{text: []byte(c.text), options: c.options})
		if err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v", c.name, got, err)
		}
	}
	for _, text := range []string{"", "id:7", "stat:DELIVRD", "id:7 stat:GONE", "text:id:7 stat:DELIVRD"} {
		if got, err := readReceipt(delivery{text: []byte(text)}); err == nil {
			t.Errorf("%q gave %+v", text, got)
		}
	}
}

func TestLedgerForgetsTheOldest(t *testing.T) {
	l := newLedger(true, false)
	refs := func(n int) string { return hex.EncodeToString([]byte{byte(n >> 16), byte(n >> 8), byte(n)}) }
	for n := range remembered + 1 {
		l.add(&tracked{states: map[string]State{}, parts: 1}, refs(n))
	}
	if l.knows(refs(0)) || !l.knows(refs(1)) || !l.knows(refs(remembered)) || len(l.parts) != remembered {
		t.Errorf("%d are kept", len(l.parts))
	}
}

func FuzzDeliveriesAreReadOrRefused(f *testing.F) {
	body := []byte("\x00\x01\x01996\x00\x01\x011414\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x11id:7 stat:DELIVRD\x04\x27\x00\x01\x02")
	f.Add(pdu{command: cmdDeliver, sequence: 1, body: body}.octets())
	f.Fuzz(func(t *testing.T, octets []byte) {
		p, err := readPDU(bytes.NewReader(octets))
		if err != nil {
			return
		}
		if !bytes.HasPrefix(octets, p.octets()) {
			t.Fatal("a unit does not read as it is written")
		}
		d, err := readDelivery(p.body)
		if err != nil {
			return
		}
		if r, err := readReceipt(d); err == nil && (r.ref == "" || len(r.reason) > 64) {
			t.Errorf("read %+v", r)
		}
	})
}
