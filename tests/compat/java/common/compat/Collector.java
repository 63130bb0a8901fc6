package compat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyContext;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.common.message.MessageExt;

/** A listener that keeps all that it is given. */
final class Collector implements MessageListenerConcurrently {
  final List<MessageExt> messages = new ArrayList<>();
  final Set<String> threads = ConcurrentHashMap.newKeySet();

  @Override
  public ConsumeConcurrentlyStatus consumeMessage(
      List<MessageExt> arrived, ConsumeConcurrentlyContext context) {
    add(arrived);
    return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
  }

  void add(Collection<MessageExt> arrived) {
    threads.add(Thread.currentThread().getName());
    synchronized (messages) {
      messages.addAll(arrived);
    }
  }

  int count() {
    synchronized (messages) {
      return messages.size();
    }
  }

  List<MessageExt> all() {
    synchronized (messages) {
      return new ArrayList<>(messages);
    }
  }

  Set<String> bodies() {
    Set<String> bodies = new TreeSet<>();
    for (MessageExt one : all()) bodies.add(text(one));
    return bodies;
  }

  static String text(MessageExt message) {
    return new String(message.getBody(), StandardCharsets.UTF_8);
  }

  /** Waits for exactly these bodies, each once. */
  void expect(Set<String> expected, long limitMs) throws InterruptedException {
    Check.until(
        limitMs,
        () -> count() + " of " + expected.size() + " messages came, e.g. without " + lacking(expected),
        () -> count() >= expected.size());
    Check.same("bodies", expected, bodies());
    Check.same("deliveries", expected.size(), count());
  }

  private String lacking(Set<String> expected) {
    Set<String> lacking = new TreeSet<>(expected);
    lacking.removeAll(bodies());
    return lacking.isEmpty() ? "(none)" : lacking.iterator().next();
  }
}
