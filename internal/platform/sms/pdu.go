package sms

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The part of SMPP 3.4 that a sender needs. Section numbers are those of the
// "Short Message Peer to Peer Protocol Specification v3.4", issue 1.2.

// Commands, section 5.1.2.1. The answer to a command has the highest bit set.
const (
	cmdGenericNack     uint32 = 0x80000000
	cmdBindTransmitter uint32 = 0x00000002
	cmdSubmit          uint32 = 0x00000004
	cmdDeliver         uint32 = 0x00000005
	cmdUnbind          uint32 = 0x00000006
	cmdBindTransceiver uint32 = 0x00000009
	cmdEnquireLink     uint32 = 0x00000015
	answerBit          uint32 = 0x80000000
)

// Command statuses, section 5.1.3.
const (
	statusOK             uint32 = 0x00
	statusInvalidCommand uint32 = 0x03 // ESME_RINVCMDID
	statusSystemError    uint32 = 0x08 // ESME_RSYSERR
	statusQueueFull      uint32 = 0x14 // ESME_RMSGQFUL
	statusThrottled      uint32 = 0x58 // ESME_RTHROTTLED
	statusTryAgain       uint32 = 0x64 // ESME_RX_T_APPN
)

// finalSMPP are the statuses that speak of the message itself. All others, such
// as those of a wrong sender name or account, wait for whoever can mend them.
var finalSMPP = map[uint32]bool{
	0x01: true, // ESME_RINVMSGLEN
	0x0b: true, // ESME_RINVDSTADR
	0x50: true, // ESME_RINVDSTTON
	0x51: true, // ESME_RINVDSTNPI
}

// Optional parameters, section 5.3.2.
const (
	tagReceiptedMessageID uint16 = 0x001e
	tagNetworkErrorCode   uint16 = 0x0423
	tagMessagePayload     uint16 = 0x0424
	tagMessageState       uint16 = 0x0427
)

// pdu is one unit of the protocol, section 3.2.
type pdu struct {
	command  uint32
	status   uint32
	sequence uint32
	body     []byte
}

const (
	headerOctets = 16
	maxOctets    = headerOctets + 128<<10 // a message_payload has at most 64 KiB
)

var errMalformed = errors.New("malformed SMPP")

func readPDU(r io.Reader) (pdu, error) {
	var header [headerOctets]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return pdu{}, err
	}
	length := binary.BigEndian.Uint32(header[:])
	if length < headerOctets || length > maxOctets {
		return pdu{}, fmt.Errorf("%w: a unit of %d octets", errMalformed, length)
	}
	p := pdu{
		command:  binary.BigEndian.Uint32(header[4:]),
		status:   binary.BigEndian.Uint32(header[8:]),
		sequence: binary.BigEndian.Uint32(header[12:]),
		body:     make([]byte, length-headerOctets),
	}
	_, err := io.ReadFull(r, p.body)
	return p, err
}

// octets is the unit as it goes over the line.
func (p pdu) octets() []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(headerOctets+len(p.body)))
	b = binary.BigEndian.AppendUint32(b, p.command)
	b = binary.BigEndian.AppendUint32(b, p.status)
	b = binary.BigEndian.AppendUint32(b, p.sequence)
	return append(b, p.body...)
}

// appendCString appends a C-octet string; the caller has checked its length.
func appendCString(b []byte, s string) []byte { return append(append(b, s...), 0) }

func appendTLV(b []byte, tag uint16, value []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, tag)
	b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
	return append(b, value...)
}

// fields reads a body from its beginning. Once something is missing it gives
// zeros and broken is set.
type fields struct {
	rest   []byte
	broken bool
}

func (f *fields) cString() string {
	end := bytes.IndexByte(f.rest, 0)
	if end < 0 {
		f.rest, f.broken = nil, true
		return ""
	}
	s := string(f.rest[:end])
	f.rest = f.rest[end+1:]
	return s
}

func (f *fields) bytes(n int) []byte {
	if len(f.rest) < n {
		f.rest, f.broken = nil, true
		return make([]byte, n)
	}
	b := f.rest[:n]
	f.rest = f.rest[n:]
	return b
}

func (f *fields) octet() byte { return f.bytes(1)[0] }

// options reads the optional parameters, which end the body.
func (f *fields) options() map[uint16][]byte {
	options := map[uint16][]byte{}
	for len(f.rest) > 0 && !f.broken {
		tag := binary.BigEndian.Uint16(f.bytes(2))
		length := binary.BigEndian.Uint16(f.bytes(2))
		options[tag] = f.bytes(int(length))
	}
	return options
}

// submission is what differs between two messages of submit_sm, section 4.4.1.
type submission struct {
	source, dest numbered
	class        byte // esm_class
	registered   byte // registered_delivery
	coding       byte // data_coding
	text         []byte
	payload      bool // text goes into message_payload
}

// numbered is an address with its kind.
type numbered struct {
	Numbering
	address string
}

func (n numbered) append(b []byte) []byte { return appendCString(append(b, n.TON, n.NPI), n.address) }

func (s submission) body() []byte {
	b := appendCString(nil, "") // service_type: the default of the account
	b = s.source.append(b)
	b = s.dest.append(b)
	b = append(b, s.class, 0, 0) // protocol_id, priority_flag
	b = appendCString(b, "")     // schedule_delivery_time: now
	b = appendCString(b, "")     // validity_period: that of the operator
	b = append(b, s.registered, 0, s.coding, 0)
	if s.payload {
		return appendTLV(append(b, 0), tagMessagePayload, s.text)
	}
	return append(append(b, byte(len(s.text))), s.text...)
}

// delivery is what a deliver_sm tells a sender, section 4.6.1.
type delivery struct {
	class   byte
	text    []byte
	options map[uint16][]byte
}

func readDelivery(body []byte) (delivery, error) {
	f := fields{rest: body}
	f.cString() // service_type
	for range 2 {
		f.bytes(2) // type and plan of the numbers of both ends
		f.cString()
	}
	d := delivery{class: f.octet()}
	f.bytes(2)
	f.cString()
	f.cString()
	f.bytes(4)
	d.text = f.bytes(int(f.octet()))
	d.options = f.options()
	if f.broken {
		return delivery{}, fmt.Errorf("%w: a deliver_sm that ends too early", errMalformed)
	}
	if payload := d.options[tagMessagePayload]; len(d.text) == 0 {
		d.text = payload
	}
	return d, nil
}

// isReceipt reports whether the delivery is a receipt and no message of a
// person, section 5.2.12.
func (d delivery) isReceipt() bool { return d.class&0x3c == 0x04 }
