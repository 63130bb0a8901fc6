package compat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.MessageSelector;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueByConfig;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.exception.RequestTimeoutException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;

/**
 * What a client sees where it is refused, on brokers that create neither topics nor groups by
 * themselves; the strict one is changed by broker-forbids alone, and knows no SQL92. Arguments as
 * those of Suite.
 */
public final class RefusalSuite {
  private RefusalSuite() {}

  public static void main(String[] arguments) throws Exception {
    Map<String, Suite.Scenario> refusals = new LinkedHashMap<>();
    refusals.put("topic-deleted", RefusalSuite::topicDeleted);
    refusals.put("broker-forbids", RefusalSuite::brokerForbids);
    refusals.put("batch-too-large", RefusalSuite::batchTooLarge);
    refusals.put("group-unknown", RefusalSuite::groupUnknown);
    refusals.put("no-retry-queues", RefusalSuite::noRetryQueues);
    refusals.put("queue-with-another", RefusalSuite::queueWithAnother);
    refusals.put("request-unanswered", RefusalSuite::requestUnanswered);
    refusals.put("sql-not-enabled", RefusalSuite::sqlNotEnabled);
    refusals.put("class-filter", RefusalSuite::classFilter);
    refusals.put("few-waiting-pulls", RefusalSuite::fewWaitingPulls);
    Suite.play(refusals, arguments);
  }

  /** The producer still knows where the topic was. */
  private static void topicDeleted(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    Tools tools = new Tools(producer);
    tools.createTopic(site.topic, 2);
    site.send(producer, "before ", 1);
    tools.deleteTopic(site.topic);
    Refusing.refused("a topic that was deleted", 17, () ->
        producer.send(site.message("TagA", "late")));
  }

  /** It may not be written to, which is asked of ordered topics only, nor read; then it may. */
  private static void brokerForbids(Site site) throws Exception {
    DefaultMQProducer producer = site.producer(site.strictNameServer);
    Tools tools = new Tools(producer);
    tools.createOrderedTopic(site.topic, 2);
    tools.putGroup(site.group, true, true);
    Set<String> bodies = site.send(producer, "before ", 4);
    tools.setBroker("brokerPermission", "4");
    Refusing.refused("a send", 16, () -> producer.send(site.message("TagA", "late")));
    tools.setBroker("brokerPermission", "2");
    DefaultMQPullConsumer puller = puller(site, site.group + "_asking", site.strictNameServer);
    MessageQueue queue = new MessageQueue(site.topic, "broker-a", 0);
    Refusing.refused("a pull", 16, () -> puller.pull(queue, "*", 0, 32));
    tools.setBroker("brokerPermission", "6");
    Collector collector = new Collector();
    DefaultMQPushConsumer consumer = site.push("*", collector);
    consumer.setNamesrvAddr(site.strictNameServer);
    consumer.setPollNameServerInterval(1000);
    consumer.start();
    collector.expect(bodies, 30_000);
  }

  private static DefaultMQPullConsumer puller(Site site, String group, String server)
      throws Exception {
    DefaultMQPullConsumer puller = new DefaultMQPullConsumer(group);
    puller.setNamesrvAddr(server);
    puller.start();
    site.closing(puller::shutdown);
    return puller;
  }

  /** Each of its messages alone would do. */
  private static void batchTooLarge(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    Tools tools = new Tools(producer);
    tools.createTopic(site.topic, 1);
    tools.putGroup(site.group, true, true);
    producer.setMaxMessageSize(16 << 20);
    List<Message> batch = new ArrayList<>();
    for (int i = 0; i < 3; i++) batch.add(new Message(site.topic, new byte[2 << 20]));
    // Upstream's encoder throws, which it answers as a fault of its own.
    int code = site.isApache ? 1 : 13;
    Refusing.refused("a batch of 6 MiB", code, () -> producer.send(batch));
    site.collect("*").expect(site.send(producer, "still alive ", 5), 20_000);
  }

  /** Who asks hears of it; who waits gets everything once there is such a group. */
  private static void groupUnknown(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    Tools tools = new Tools(producer);
    tools.createTopic(site.topic, 1);
    Set<String> bodies = site.send(producer, "patient ", 8);
    DefaultMQPullConsumer puller = puller(site, site.group, site.nameServer);
    MessageQueue queue = new MessageQueue(site.topic, "broker-a", 0);
    Refusing.refused("a pull", 26, () -> puller.pull(queue, "*", 0, 32));
    puller.shutdown();
    Collector collector = site.collect("*");
    Thread.sleep(2000);
    Check.same("messages of a group that does not exist", 0, collector.count());
    tools.putGroup(site.group, true, true);
    collector.expect(bodies, 40_000);
  }

  /** A group without queues for its retries: what it does not take does not come again. */
  private static void noRetryQueues(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    Tools tools = new Tools(producer);
    tools.createTopic(site.topic, 1);
    tools.putGroupWithoutRetries(site.group);
    Collector tries = new Collector();
    site.push("*", (messages, context) -> {
      tries.add(messages);
      context.setDelayLevelWhenNextConsume(1);
      return ConsumeConcurrentlyStatus.RECONSUME_LATER;
    }).start();
    Set<String> bodies = site.send(producer, "once ", 5);
    tries.expect(bodies, 20_000);
    Thread.sleep(4000);
    tries.expect(bodies, 1);
  }

  /** Two members that both want the only queue: one has it, the other waits for its turn. */
  private static void queueWithAnother(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    Tools tools = new Tools(producer);
    tools.createTopic(site.topic, 1);
    tools.putGroup(site.group, true, true);
    Collector first = new Collector();
    DefaultMQPushConsumer holder = greedy(site, "holder", first);
    first.expect(site.send(producer, "first ", 5), 20_000);
    Collector second = new Collector();
    greedy(site, "waiting", second);
    Thread.sleep(3000);
    Set<String> bodies = site.send(producer, "more ", 5);
    bodies.addAll(first.bodies());
    first.expect(bodies, 20_000);
    Check.same("messages of the one without the lock", 0, second.count());
    holder.shutdown();
    second.expect(site.send(producer, "last ", 5), 60_000);
  }

  private static DefaultMQPushConsumer greedy(Site site, String name, Collector collector)
      throws Exception {
    DefaultMQPushConsumer consumer = site.consumer();
    consumer.setInstanceName(site.group + name);
    AllocateMessageQueueByConfig all = new AllocateMessageQueueByConfig();
    all.setMessageQueueList(List.of(new MessageQueue(site.topic, "broker-a", 0)));
    consumer.setAllocateMessageQueueStrategy(all);
    consumer.subscribe(site.topic, "*");
    consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
      collector.add(messages);
      return ConsumeOrderlyStatus.SUCCESS;
    });
    consumer.start();
    return consumer;
  }

  private static void requestUnanswered(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    new Tools(producer).createTopic(site.topic, 1);
    long began = System.nanoTime();
    Throwable failure = Check.failure("a request that nobody hears", () ->
        producer.request(site.message("TagA", "anybody?"), 2000));
    Check.that(failure instanceof RequestTimeoutException, "failed otherwise: " + failure);
    long ms = (System.nanoTime() - began) / 1_000_000;
    Check.that(ms >= 1900 && ms < 8000, "after " + ms + " ms");
  }

  /** The broker is asked at the start whether it understands the expression. */
  private static void sqlNotEnabled(Site site) throws Exception {
    DefaultMQProducer producer = site.producer(site.strictNameServer);
    Tools tools = new Tools(producer);
    tools.createTopic(site.topic, 1);
    tools.putGroup(site.group, true, true);
    DefaultMQPushConsumer consumer = site.consumer();
    consumer.setNamesrvAddr(site.strictNameServer);
    consumer.subscribe(site.topic, MessageSelector.bySql("a > 5"));
    consumer.registerMessageListener(new Collector());
    Throwable failure = Check.failure("a consumer by SQL92", () -> {
      consumer.start();
      return "a start";
    });
    Check.that(failure instanceof MQClientException, "not by the client: " + failure);
    Check.same("code", 1, ((MQClientException) failure).getResponseCode());
    Check.that(failure.getMessage().contains("does not support"), "told otherwise: " + failure);
  }

  /** No broker of 5.x runs classes: nothing comes, and the group goes on without one. */
  private static void classFilter(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    Tools tools = new Tools(producer);
    tools.createTopic(site.topic, 1);
    tools.putGroup(site.group, true, true);
    Set<String> bodies = site.send(producer, "unfiltered ", 5);
    DefaultMQPushConsumer consumer = site.consumer();
    Collector collector = new Collector();
    consumer.subscribe(site.topic, "compat.Absent", "public class Absent {}");
    consumer.registerMessageListener(collector);
    consumer.start();
    Thread.sleep(3000);
    Check.same("messages through a class", 0, collector.count());
    consumer.shutdown();
    site.collect("*").expect(bodies, 20_000);
  }

  /** More pulls want to wait than may (215): each comes again later, and nothing is lost. */
  private static void fewWaitingPulls(Site site) throws Exception {
    DefaultMQProducer producer = site.producer(site.strictNameServer);
    Tools tools = new Tools(producer);
    tools.createTopic(site.topic, 6);
    tools.putGroup(site.group, true, true);
    Collector collector = new Collector();
    DefaultMQPushConsumer consumer = site.push("*", collector);
    consumer.setNamesrvAddr(site.strictNameServer);
    consumer.start();
    Thread.sleep(2000);
    collector.expect(site.send(producer, "all the same ", 30), 30_000);
  }
}
