package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

// On a broker that asks every second about halves that are older than a second.
var transactionScenarios = []scenario{
	{"transaction-commit", transactionCommit},
	{"transaction-rollback", transactionRollback},
	{"transaction-checked", transactionChecked},
	{"transaction-another-client", transactionAnotherClient},
	{"transaction-refused", transactionRefused},
}

// What a producer says, and what it was asked.
type decisions struct {
	lock   sync.Mutex
	first  primitive.LocalTransactionState
	later  primitive.LocalTransactionState
	checks map[string]int
}

func (d *decisions) ExecuteLocalTransaction(*primitive.Message) primitive.LocalTransactionState {
	return d.first
}

func (d *decisions) CheckLocalTransaction(message *primitive.MessageExt) primitive.LocalTransactionState {
	d.lock.Lock()
	defer d.lock.Unlock()
	if d.checks == nil {
		d.checks = map[string]int{}
	}
	d.checks[string(message.Body)]++
	return d.later
}

func (d *decisions) say(later primitive.LocalTransactionState) {
	d.lock.Lock()
	defer d.lock.Unlock()
	d.later = later
}

func (d *decisions) asked() (messages, times int) {
	d.lock.Lock()
	defer d.lock.Unlock()
	for _, count := range d.checks {
		times += count
	}
	return len(d.checks), times
}

func (s site) transactionProducer(instance string, says *decisions) (rocketmq.TransactionProducer, error) {
	made, err := rocketmq.NewTransactionProducer(says, s.asProducer(instance)...)
	if err != nil {
		return nil, err
	}
	return made, made.Start()
}

func (s site) withTransactions(says *decisions, run func(rocketmq.TransactionProducer) error) error {
	made, err := s.transactionProducer("1", says)
	if err != nil {
		return err
	}
	defer made.Shutdown()
	return run(made)
}

func (s site) transact(made rocketmq.TransactionProducer, prefix string, count int) ([]string, error) {
	var bodies []string
	for i := 0; i < count; i++ {
		body := fmt.Sprintf("%s%d", prefix, i)
		result, err := made.SendMessageInTransaction(context.Background(), s.message("TagA", body))
		if err != nil {
			return nil, err
		}
		if result.Status != primitive.SendOK || result.OffsetMsgID == "" {
			return nil, fmt.Errorf("not stored: %s", result)
		}
		bodies = append(bodies, body)
	}
	return bodies, nil
}

// Consumes exactly these, and nothing more a moment later.
func (s site) expectOnce(bodies []string) error {
	return s.withAll(byTags("*"), bodies, func(into *gathered) error {
		time.Sleep(3 * time.Second)
		return into.expect(bodies)
	})
}

func transactionCommit(s site) error {
	says := &decisions{first: primitive.CommitMessageState, later: primitive.UnkonwnState}
	return s.withTransactions(says, func(made rocketmq.TransactionProducer) error {
		bodies, err := s.transact(made, "commit ", 20)
		if err != nil {
			return err
		}
		return s.expectOnce(bodies)
	})
}

func transactionRollback(s site) error {
	says := &decisions{first: primitive.RollbackMessageState, later: primitive.UnkonwnState}
	return s.withTransactions(says, func(made rocketmq.TransactionProducer) error {
		if _, err := s.transact(made, "rollback ", 20); err != nil {
			return err
		}
		says.first = primitive.CommitMessageState
		bodies, err := s.transact(made, "commit ", 1)
		if err != nil {
			return err
		}
		if err = s.expectOnce(bodies); err != nil {
			return err
		}
		if _, times := says.asked(); times > 0 {
			return fmt.Errorf("asked %d times after the end", times)
		}
		return nil
	})
}

func transactionChecked(s site) error {
	says := &decisions{first: primitive.UnkonwnState, later: primitive.UnkonwnState}
	return s.withTransactions(says, func(made rocketmq.TransactionProducer) error {
		bodies, err := s.transact(made, "checked ", 10)
		if err != nil {
			return err
		}
		err = until(30*time.Second, func() bool {
			messages, times := says.asked()
			return messages == 10 && times >= 20
		})
		if err != nil {
			messages, times := says.asked()
			return fmt.Errorf("asked about %d messages %d times: %w", messages, times, err)
		}
		says.say(primitive.CommitMessageState)
		return s.expectOnce(bodies)
	})
}

func transactionAnotherClient(s site) error {
	gone := &decisions{first: primitive.UnkonwnState, later: primitive.UnkonwnState}
	first, err := s.transactionProducer("first", gone)
	if err != nil {
		return err
	}
	bodies, err := s.transact(first, "left behind ", 3)
	first.Shutdown()
	if err != nil {
		return err
	}
	says := &decisions{first: primitive.CommitMessageState, later: primitive.CommitMessageState}
	second, err := s.transactionProducer("second", says)
	if err != nil {
		return err
	}
	defer second.Shutdown()
	more, err := s.transact(second, "after ", 1)
	if err != nil {
		return err
	}
	return s.expectOnce(append(bodies, more...))
}

// The strict broker takes no transactions.
func transactionRefused(s site) error {
	s.nameServer = s.strict
	says := &decisions{first: primitive.CommitMessageState, later: primitive.CommitMessageState}
	return s.withTransactions(says, func(made rocketmq.TransactionProducer) error {
		_, err := s.transact(made, "refused ", 1)
		if err == nil || !strings.Contains(err.Error(), "sending transaction message is forbidden") {
			return fmt.Errorf("not refused: %v", err)
		}
		return nil
	})
}
