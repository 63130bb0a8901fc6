package compat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;

/**
 * What a client sees of a broker that cannot keep up, and of one whose disk is full. Arguments as
 * those of Suite.
 */
public final class FlowSuite {
  private static final int SENDERS = 8;

  private FlowSuite() {}

  public static void main(String[] arguments) throws Exception {
    Map<String, Suite.Scenario> flows = new LinkedHashMap<>();
    flows.put("busy", FlowSuite::busy);
    flows.put("disk-has-room", FlowSuite::room);
    flows.put("disk-full", FlowSuite::full);
    Suite.play(flows, arguments);
  }

  /** Many send large messages at once, until one is refused; a client that tries again is not. */
  private static void busy(Site site) throws Exception {
    DefaultMQProducer hasty = site.producer();
    hasty.setRetryTimesWhenSendFailed(0);
    hasty.setCompressMsgBodyOverHowmuch(1 << 30);
    site.create(hasty, 4);
    AtomicReference<Throwable> first = new AtomicReference<>();
    ExecutorService senders = Executors.newFixedThreadPool(SENDERS);
    for (int i = 0; i < SENDERS; i++) {
      senders.execute(() -> {
        while (first.get() == null) {
          try {
            hasty.send(new Message(site.topic, new byte[1 << 20]));
          } catch (Throwable failure) {
            first.compareAndSet(null, failure);
          }
        }
      });
    }
    try {
      Check.until(60_000, () -> "nobody was refused", () -> first.get() != null);
    } finally {
      first.compareAndSet(null, new AssertionError("too late"));
      senders.shutdown();
    }
    MQBrokerException refusal = Refusing.refused("a send to a busy broker", 2, () -> {
      throw (Exception) first.get();
    });
    says(refusal, "(?s).*start flow control for a while, period in queue: \\d+ms, "
        + "size of queue: \\d+.*");
    Thread.sleep(1000);
    DefaultMQProducer patient = site.another("patient");
    patient.setSendMsgTimeout(10_000);
    patient.setRetryTimesWhenSendFailed(10);
    Set<String> bodies = site.send(patient, "small ", 5);
    Check.same("stored", 5, bodies.size());
  }

  /** It has room, or has it again: what is sent is there to be read. */
  private static void room(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    MessageQueue queue = site.create(producer, 1).get(0);
    long offset = Site.stored(producer.send(site.message("TagA", "room"))).getQueueOffset();
    Check.until(10_000, () -> "not to be read", () -> bodiesFrom(site, queue, offset) > 0);
  }

  /** Nothing is taken, and the client learns how full it is; what there is can be read. */
  private static void full(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    MessageQueue queue = new MessageQueue("topic_disk-has-room", "broker-a", 0);
    MQBrokerException refusal = Refusing.refused("a send to a full disk", 14, () ->
        producer.send(new Message(queue.getTopic(), "no room".getBytes())));
    says(refusal, "(?s).*the broker's disk is full.*" + (site.isApache
        ? "CL: +(0\\.9\\d|1\\.00).*" : "9\\d\\.\\d % full, \\d+ MiB free.* up to 90 %.*"));
    Check.that(bodiesFrom(site, queue, 0) > 0, "nothing can be read");
  }

  private static void says(MQBrokerException refusal, String pattern) {
    String said = refusal.getErrorMessage();
    Check.that(said.matches("(?i)" + pattern), "says otherwise: " + said);
  }

  private static int bodiesFrom(Site site, MessageQueue queue, long offset) {
    DefaultMQPullConsumer puller = new DefaultMQPullConsumer(site.group);
    puller.setNamesrvAddr(site.nameServer);
    try {
      puller.start();
      var found = puller.pull(queue, "*", offset, 32).getMsgFoundList();
      return found == null ? 0 : found.size();
    } catch (Exception failure) {
      throw new AssertionError(failure);
    } finally {
      puller.shutdown();
    }
  }
}
