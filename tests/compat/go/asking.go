package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
)

// Consumers that a tool asks through the broker, and that it sends elsewhere.
var askingScenarios = []scenario{
	{"asked-running-state", askedRunningState},
	{"asked-consume-directly", askedConsumeDirectly},
	{"reset-live", resetLive},
}

type fields map[string]interface{}

type reply struct {
	Code      int
	Remark    string
	ExtFields map[string]string
	body      []byte
}

// One request of a tool, by the protocol alone.
func ask(address string, code int, asked fields, body ...byte) (reply, error) {
	var heard reply
	connection, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return heard, err
	}
	defer connection.Close()
	header, _ := json.Marshal(fields{
		"code": code, "language": "GO", "version": 317, "opaque": 1, "flag": 0, "extFields": texts(asked),
	})
	frame := binary.BigEndian.AppendUint32(nil, uint32(4+len(header)+len(body)))
	frame = binary.BigEndian.AppendUint32(frame, uint32(len(header)))
	connection.SetDeadline(time.Now().Add(15 * time.Second))
	if _, err = connection.Write(append(append(frame, header...), body...)); err != nil {
		return heard, err
	}
	var head [8]byte
	if _, err = io.ReadFull(connection, head[:]); err != nil {
		return heard, err
	}
	total, length := binary.BigEndian.Uint32(head[:4]), binary.BigEndian.Uint32(head[4:])
	rest := make([]byte, total-4)
	if _, err = io.ReadFull(connection, rest); err != nil {
		return heard, err
	}
	err = json.Unmarshal(rest[:length], &heard)
	heard.body = rest[length:]
	return heard, err
}

func texts(asked fields) map[string]string {
	all := map[string]string{}
	for name, value := range asked {
		all[name] = fmt.Sprint(value)
	}
	return all
}

func well(address string, code int, asked fields, body ...byte) (reply, error) {
	heard, err := ask(address, code, asked, body...)
	if err == nil && heard.Code != 0 {
		err = fmt.Errorf("%d was answered %d: %s", code, heard.Code, heard.Remark)
	}
	return heard, err
}

// Where the only broker listens; there is a topic of its name.
func (s site) broker() (string, error) {
	return s.brokerOf("broker-a")
}

// Where the topic's broker listens.
func (s site) brokerOf(topic string) (string, error) {
	found, err := s.brokersOf(topic)
	for _, address := range found {
		return address, nil
	}
	return "", err
}

// Where the brokers of a topic listen, by their names.
func (s site) brokersOf(topic string) (map[string]string, error) {
	route, err := well(s.nameServer[0], 105, fields{"topic": topic, "acceptStandardJsonOnly": true})
	if err != nil {
		return nil, err
	}
	var found struct {
		BrokerDatas []struct {
			BrokerName  string
			BrokerAddrs map[string]string
		}
	}
	err = json.Unmarshal(route.body, &found)
	addresses := map[string]string{}
	for _, one := range found.BrokerDatas {
		addresses[one.BrokerName] = one.BrokerAddrs["0"]
	}
	return addresses, err
}

// A consumer that has consumed some messages of every queue, and what a tool knows of it.
type asked struct {
	site
	into     *gathered
	address  string
	client   string
	offsetId string
	expected []string
}

func (s site) withConsumer(run func(asked) error) error {
	return s.withProducer(func(made rocketmq.Producer) error {
		bodies, err := s.send(made, "asked ", 32)
		if err != nil {
			return err
		}
		return s.withAll(byTags("*"), bodies, func(into *gathered) error {
			address, err := s.broker()
			if err != nil {
				return err
			}
			members, err := well(address, 38, fields{"consumerGroup": s.group})
			if err != nil {
				return err
			}
			var list struct{ ConsumerIdList []string }
			if err = json.Unmarshal(members.body, &list); err != nil {
				return err
			}
			return run(asked{s, into, address, list.ConsumerIdList[0], into.all()[0].OffsetMsgId, bodies})
		})
	})
}

func askedRunningState(s site) error {
	return s.withConsumer(func(a asked) error {
		who := fields{"consumerGroup": a.group, "clientId": a.client, "jstackEnable": true}
		heard, err := well(a.address, 307, who)
		if err == nil && !bytes.Contains(heard.body, []byte(`"subscriptionSet"`)) {
			err = fmt.Errorf("no subscriptions in %.200s", heard.body)
		}
		return err
	})
}

func askedConsumeDirectly(s site) error {
	return s.withConsumer(func(a asked) error {
		who := fields{"consumerGroup": a.group, "clientId": a.client, "msgId": a.offsetId, "topic": a.topic}
		heard, err := well(a.address, 309, who)
		if err == nil && !bytes.Contains(heard.body, []byte(`"consumeResult":0`)) {
			err = fmt.Errorf("the verdict is %s", heard.body)
		}
		if err == nil && len(a.into.bodies()) != len(a.expected)+1 {
			err = fmt.Errorf("%d deliveries", len(a.into.bodies()))
		}
		return err
	})
}

// It comes again to a consumer that runs on; on Apache's broker a part of it, for what this client
// commits at that moment wins there.
func resetLive(s site) error {
	return s.withConsumer(func(a asked) error {
		where := fields{"topic": a.topic, "group": a.group, "timestamp": 0, "isForce": true}
		time.Sleep(6 * time.Second) // its progress goes to the broker every five
		var refused error
		err := until(30*time.Second, func() bool {
			_, refused = well(a.address, 222, where)
			return refused == nil
		})
		if err != nil {
			return refused
		}
		enough := len(a.expected) + len(a.expected)/4
		err = until(90*time.Second, func() bool { return len(a.into.bodies()) >= enough })
		if err != nil {
			return fmt.Errorf("%s came: %w", strings.Join(a.into.bodies(), ", "), err)
		}
		return nil
	})
}
