package compat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * Numbered messages per key, and whether consumers see them in order. A message may come again from
 * an earlier one on, as at-least-once allows; none may come before its predecessor, and no queue may
 * be in two hands.
 */
final class Sequences {
  private final Map<String, Integer> sent = new TreeMap<>();
  private final Map<String, Integer> seen = new HashMap<>();
  private final Map<String, String> hands = new HashMap<>();
  private final StringBuilder problems = new StringBuilder();
  private int again;

  /** Sends the key's next message to the key's queue; only a stored one counts. */
  void send(Site site, DefaultMQProducer producer, String key) throws Exception {
    int number;
    synchronized (this) {
      number = sent.getOrDefault(key, 0);
    }
    Message message = site.message("TagA", key + ":" + number);
    message.setKeys(key);
    Site.stored(producer.send(
        message,
        (queues, one, argument) -> queues.get(Math.floorMod(key.hashCode(), queues.size())),
        key));
    synchronized (this) {
      sent.put(key, number + 1);
    }
  }

  /** A consumer begins with these; every call must be followed by {@link #end}. */
  synchronized void begin(String consumer, List<MessageExt> messages) {
    String queue = queueOf(messages);
    String other = hands.put(queue, consumer);
    if (other != null) problem(queue + " is with " + other + " and " + consumer + " at a time");
    for (MessageExt one : messages) {
      String[] words = Collector.text(one).split(":");
      int number = Integer.parseInt(words[1]);
      int next = seen.getOrDefault(words[0], 0);
      if (number > next) problem(words[0] + ": " + number + " came when " + next + " was due");
      if (number < next) again++;
      else seen.put(words[0], number + 1);
    }
  }

  synchronized void end(List<MessageExt> messages) {
    hands.remove(queueOf(messages));
  }

  /** Takes back what {@link #begin} noted: the listener failed. */
  synchronized void failed(List<MessageExt> messages) {
    hands.remove(queueOf(messages));
    for (MessageExt one : messages) {
      String[] words = Collector.text(one).split(":");
      seen.put(words[0], Math.min(seen.get(words[0]), Integer.parseInt(words[1])));
    }
  }

  synchronized boolean isComplete() {
    return seen.equals(sent);
  }

  synchronized int seenCount() {
    return seen.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** All came, in order. */
  void expect(long limitMs) throws InterruptedException {
    Check.until(limitMs, () -> "sent " + sent + ", seen " + seen, this::isComplete);
    synchronized (this) {
      Check.same("problems", "", problems.toString());
    }
  }

  synchronized int again() {
    return again;
  }

  private static String queueOf(List<MessageExt> messages) {
    MessageExt first = messages.get(0);
    return first.getTopic() + " at " + first.getBrokerName() + " queue " + first.getQueueId();
  }

  private void problem(String text) {
    if (problems.length() < 2000) problems.append(text).append('\n');
  }
}
